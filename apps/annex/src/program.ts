import { isAnnexError, messageOf } from '@annex/kernel';
import { DatabaseRefused } from '@annex/database';
import { migrate, startAnnex } from './annex.js';
import { InvalidSettings, readSettings, unknownSettings, type Settings } from './config.js';
import { StartRefused } from './start-refused.js';

/** Longest time between the first signal and the end of the process, in milliseconds. */
const STOP_LIMIT_MS = 25_000;

function settingsOrExit(): Settings {
  for (const warning of unknownSettings()) console.error(`annex: warning: ${warning}`);
  try {
    return readSettings();
  } catch (thrown) {
    if (!(thrown instanceof InvalidSettings)) throw thrown;
    for (const problem of thrown.problems) console.error(`annex: ${problem}`);
    return process.exit(1);
  }
}

async function main(): Promise<void> {
  const settings = settingsOrExit();
  if (settings.role === 'migrate') {
    await migrate(settings);
    process.exit(0);
  }
  const starting = startAnnex(settings);
  let signals = 0;
  let firstMs = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    // One Ctrl-C may come twice, from the terminal and from npm; a second one of a person who will not wait comes
    // later. Supervisors may repeat SIGTERM and mean the same: what is under way ends, or the time for it runs out.
    if (signals > 1) return signal === 'SIGINT' && performance.now() - firstMs > 1000 ? process.exit(1) : undefined;
    firstMs = performance.now();
    console.error(`annex: ${signal}, stopping`);
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    starting
      .then((annex) => annex.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const annex = await starting;
  void annex.lost.then(async (reason) => {
    if (signals > 0) return;
    console.error(`annex: ${reason}`);
    await annex.stop().catch(() => undefined);
    process.exit(1);
  });
}

/** Runs the program to its end; a start that cannot go on is one line and exit code 1. */
export function runProgram(): void {
  main().catch((thrown: unknown) => {
    console.error(`annex: ${messageOf(thrown)}`);
    if (
      !(thrown instanceof StartRefused || thrown instanceof DatabaseRefused || isAnnexError(thrown)) &&
      thrown instanceof Error
    )
      console.error(thrown.stack?.split('\n').slice(1, 6).join('\n'));
    process.exit(1);
  });
}
