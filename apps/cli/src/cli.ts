/** What every command is made of. */
import type { Command } from 'commander';
import type { Environment } from './config.js';
import { openSession, type GlobalOptions, type Session } from './session.js';
import type { Terminal } from './terminal/terminal.js';

/** Handed to every command. */
export interface Cli {
  terminal: Terminal;
  environment: Environment;
  /** Fires at Ctrl-C: what follows a stream ends in order. */
  signal: AbortSignal;
  options: GlobalOptions;
  /** The session, opened when it is first needed. */
  session(): Promise<Session>;
  annex(): Promise<Session['annex']>;
  /** Code to exit with when the command ends well. */
  exitCode: number;
}

export type Work<Options> = (cli: Cli, options: Options, ...args: string[]) => Promise<void>;

/** Adds commands to a program. `does` makes an action of a command's work. */
export interface Commands {
  program: Command;
  does<Options extends object>(work: Work<Options>): (...received: unknown[]) => Promise<void>;
}

/** Makes actions: they get the arguments, the options, and a {@link Cli} of their own. */
export function actionsWith(
  parts: Pick<Cli, 'terminal' | 'environment' | 'signal'>,
  onExitCode: (code: number) => void,
): Commands['does'] {
  return (work) =>
    async (...received) => {
      const command = received.at(-1) as Command;
      const options = command.optsWithGlobals<GlobalOptions>();
      parts.terminal.isJson = options.json ?? false;
      let session: Promise<Session> | undefined;
      const cli: Cli = {
        ...parts,
        options,
        exitCode: 0,
        session: () => (session ??= openSession(options, parts.environment)),
        annex: async () => (await cli.session()).annex,
      };
      await work(cli, command.opts(), ...(received.slice(0, -2).flat() as string[]));
      onExitCode(cli.exitCode);
    };
}
