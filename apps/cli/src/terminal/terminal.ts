/**
 * Where a command speaks. What was asked for goes to standard output, as a text or with `--json` as JSON; everything
 * else, such as progress and questions, to standard error.
 */
import { isatty } from 'node:tty';
import { confirm, isCancel, password, select, spinner, text } from '@clack/prompts';
import type { Environment } from '../config.js';
import { CliFault, exitCodes, invalid, type Explained } from '../faults.js';
import { createStyle, harmless, table, type Style } from './style.js';

/** A column of a list. */
export interface Column<Item> {
  title: string;
  cell(item: Item): string;
  color?(item: Item): keyof Style | undefined;
}

export class Terminal {
  readonly style: Style;
  /** Of standard error. */
  readonly noteStyle: Style;
  /** Whether somebody can be asked. */
  readonly isInteractive: boolean;
  /** Said by `--json`, as soon as the command line is read. */
  isJson = false;

  constructor({ color, isCi }: Environment) {
    this.style = createStyle(color ?? isatty(1));
    this.noteStyle = createStyle(color ?? isatty(2));
    this.isInteractive = !isCi && isatty(0) && isatty(2);
  }

  /** The answer of a command: as JSON, or as the text that is made of it. */
  answer(value: unknown, write: (style: Style) => string): void {
    this.#out(this.isJson ? JSON.stringify(value, null, 2) : write(this.style));
  }

  /** One of many answers that come over time: one line of JSON, or a text. */
  line(value: unknown, write: (style: Style) => string): void {
    this.#out(this.isJson ? JSON.stringify(value) : write(this.style));
  }

  /** A list: `{ items }` as JSON, or a table. */
  list<Item>(items: readonly Item[], columns: readonly Column<Item>[], none: string): void {
    this.answer({ items }, (style) => {
      if (items.length === 0) return style.dim(none);
      const rows = items.map((item) => columns.map((column) => cellOf(item, column, style)));
      return table([columns.map(({ title }) => style.dim(title)), ...rows]);
    });
  }

  /** Bytes as they are. */
  async bytes(response: Response): Promise<void> {
    for await (const chunk of response.body ?? []) process.stdout.write(chunk as Uint8Array);
  }

  /** What is said beside the answer. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Long work: a spinner where somebody sees it, a line at its end elsewhere. */
  async progress<T>(doing: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    if (!this.isInteractive || this.isJson) {
      const done = await work(() => undefined);
      this.note(this.noteStyle.dim(`${doing} … done`));
      return done;
    }
    const shown = spinner({ output: process.stderr });
    shown.start(doing);
    try {
      const done = await work((text) => shown.message(text));
      shown.stop(doing);
      return done;
    } catch (thrown) {
      shown.error(doing);
      throw thrown;
    }
  }

  /** A fault, at the end of everything. */
  fail({ code, detail, errors, requestId, exitCode }: Explained): void {
    if (this.isJson) {
      const error = { code, detail, errors, request_id: requestId, exit_code: exitCode };
      process.stderr.write(`${JSON.stringify({ error }, null, 2)}\n`);
      return;
    }
    const { red, dim } = this.noteStyle;
    this.note(`${red('error')} ${harmless(detail)} ${dim(`[${code}]`)}`);
    for (const each of errors as { pointer?: string; detail?: string; code?: string }[])
      this.note(`  ${each.pointer ? `${each.pointer} ` : ''}${harmless(each.detail ?? '')} ${dim(`[${each.code}]`)}`);
    if (requestId) this.note(dim(`request ${requestId}`));
  }

  /** Asks for a line. `whatElse`: how the command is told where nobody can be asked. */
  async ask(message: string, { initial, whatElse }: { initial?: string; whatElse: string }): Promise<string> {
    this.#mustAsk(message, whatElse);
    return answered(await text({ message, initialValue: initial, output: process.stderr }));
  }

  /** Asks for a secret; what is typed is not shown. */
  async askSecret(message: string, { whatElse }: { whatElse: string }): Promise<string> {
    this.#mustAsk(message, whatElse);
    return answered(await password({ message, output: process.stderr }));
  }

  async choose<T extends string>(
    message: string,
    choices: readonly { value: T; label: string; hint?: string }[],
    { whatElse }: { whatElse: string },
  ): Promise<T> {
    this.#mustAsk(message, whatElse);
    return answered(await select({ message, options: [...choices] as never, output: process.stderr })) as T;
  }

  /** Asks for leave. `yes`: it was given on the command line. */
  async confirm(message: string, { yes, whatElse }: { yes: boolean | undefined; whatElse: string }): Promise<void> {
    if (yes) return;
    this.#mustAsk(message, whatElse);
    const said = answered(await confirm({ message, initialValue: false, output: process.stderr }));
    if (!said) throw new CliFault('DECLINED', 'Nothing was done.');
  }

  #mustAsk(message: string, whatElse: string): void {
    if (!this.isInteractive || this.isJson)
      throw invalid('NOBODY_TO_ASK', `${message.replace(/[?:]*$/, '')}: nobody can be asked here. ${whatElse}`);
  }

  #out(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

function answered<T>(value: T): Exclude<T, symbol> {
  if (isCancel(value)) throw new CliFault('INTERRUPTED', 'Interrupted; nothing was done.', exitCodes.interrupted);
  return value as Exclude<T, symbol>;
}

/** Made harmless before it is painted, so that a text cannot bring colours of its own. */
function cellOf<Item>(item: Item, { cell, color }: Column<Item>, style: Style): string {
  const text = harmless(cell(item)).replaceAll('\n', ' ');
  const name = color?.(item);
  return name === undefined ? text : style[name](text);
}
