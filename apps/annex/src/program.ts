import { messageOf } from '@annex/kernel';
import { InvalidSettings, readSettings, type Settings } from './config.js';
import { startAnnex } from './annex.js';

/** Longest time between the first signal and the end of the process, in milliseconds. */
const STOP_LIMIT_MS = 25_000;

function settingsOrExit(): Settings {
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
  const starting = startAnnex(settings);
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    if (signals > 1) return;
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
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE') {
      console.error(`annex: PORT: ${messageOf(thrown).replace(/^listen EADDRINUSE: /, '')}. Stop what listens there, or set PORT.`);
    } else if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES') {
      console.error(`annex: PORT: ${messageOf(thrown)}. Choose a port above 1023, or grant the right.`);
    } else {
      console.error(`annex: ${messageOf(thrown)}`);
    }
    process.exit(1);
  });
}
