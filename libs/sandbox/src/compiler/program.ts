/**
 * The compiler's side of the stream: takes one package, asks the parent to try scripts out, answers with the report.
 */
import type { CheckPackageOptions, EntryInspection, PackageReport } from '@annex/manifest';
import type { CheckSettings, FromCompiler, ToCompiler } from './messages.js';
import { packReport } from './report.js';
import { encodeMessage, MessageReader } from './wire.js';

export interface CheckProgramOptions {
  check(bytes: Uint8Array, options: CheckPackageOptions): Promise<PackageReport>;
  send(parts: Buffer[]): void;
}

export class CheckProgram {
  readonly #options: CheckProgramOptions;
  readonly #reader: MessageReader;
  readonly #asked: ((outcome: EntryInspection) => void)[] = [];

  constructor(options: CheckProgramOptions) {
    this.#options = options;
    this.#reader = new MessageReader({ maxHeadBytes: 2 ** 28, maxRestBytes: () => 2 ** 28 }, ({ head, rest }) =>
      this.#take(head as ToCompiler, rest),
    );
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  ready(confinement: object, seen: string[]): void {
    this.#send({ type: 'ready', confinement, seen });
  }

  #take(message: ToCompiler, rest: Buffer): void {
    if (message.type === 'inspected') this.#asked.shift()?.(message.outcome);
    else void this.#check(rest, message.settings);
  }

  async #check(bytes: Uint8Array, { limits, hostVersion, packageLimits }: CheckSettings): Promise<void> {
    const report = await this.#options.check(bytes, {
      limits,
      hostVersion,
      packageLimits,
      isExpendable: true,
      inspect: ({ code }) => {
        this.#send({ type: 'inspect' }, [Buffer.from(code)]);
        return new Promise((resolve) => this.#asked.push(resolve));
      },
    });
    const { head, rest } = packReport(report);
    this.#send({ type: 'report', report: head }, rest);
  }

  #send(message: FromCompiler, rest: Uint8Array[] = []): void {
    this.#options.send(encodeMessage(message, rest));
  }
}
