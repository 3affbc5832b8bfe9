/** The whole command line. */
import { Command, CommanderError } from 'commander';
import { addCommands } from './commands/commands.js';
import { actionsWith, type Commands } from './cli.js';
import type { Environment } from './config.js';
import { exitCodes, explain } from './faults.js';
import { Terminal } from './terminal/terminal.js';
import { version } from './version.js';

/** Runs one command line and answers the exit code. Never throws. */
export async function runProgram(args: string[], environment: Environment): Promise<number> {
  const terminal = new Terminal(environment);
  // What fails before the command line was read is told as it asks for.
  terminal.isJson = args.includes('--json');
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // A second Ctrl-C does not wait.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // The reader has gone, as `head` does; nobody is left to be told anything.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  let exitCode: number = exitCodes.ok;
  const parts = { terminal, environment, signal: interrupt.signal };
  const program = createProgram(actionsWith(parts, (code) => (exitCode = code)));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return endOf(thrown, terminal);
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    const explained = explain(thrown);
    terminal.fail(explained);
    return explained.exitCode;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export function createProgram(does: Commands['does']): Command {
  const program = new Command('annex')
    .description('Write, test, deploy and watch plugins of an Annex.')
    .version(version)
    .option('--json', 'answer as JSON')
    .option('--profile <name>', 'use another profile of "annex login" (ANNEX_PROFILE)')
    .option('--url <address>', 'where Annex is (ANNEX_URL)')
    .option('--tenant <slug>', 'the tenant (ANNEX_TENANT)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', afterHelp);
  addCommands({ program, does });
  return program;
}

const afterHelp = `
Exit codes: 0 ok, 1 failed, 2 invalid input, 3 denied, 4 a limit was hit.
Machines set ANNEX_URL, ANNEX_TOKEN and ANNEX_TENANT instead of signing in.`;

/** Help and versions were printed; anything else is a mistake of the command line. */
function endOf(error: CommanderError, terminal: Terminal): number {
  if (error.exitCode === 0) return exitCodes.ok;
  if (error.code === 'commander.help') return exitCodes.invalidInput;
  terminal.fail({
    exitCode: exitCodes.invalidInput,
    code: 'COMMAND_LINE',
    detail: error.message.replace(/^error: /, ''),
    errors: [],
    requestId: null,
  });
  return exitCodes.invalidInput;
}
