/**
 * The thread that renders. Templates are code that a tenant chose, so they run where they can be ended: beside the
 * program, with a small heap, no environment, and nothing to read but the texts that came along. One file, because a
 * thread starts from a file: it imports Liquid alone.
 */
import { parentPort } from 'node:worker_threads';
import { Drop, Liquid, LiquidError, filters } from 'liquidjs';

/** What the program asks. */
export interface RenderRequest {
  /** Texts by name: the template and what it may include. */
  files: Record<string, string>;
  /** Which of them. */
  name: string;
  /** JSON of an object. */
  data: string;
  /** Whether what it puts out is escaped for HTML. */
  markup: boolean;
  /**
   * What may be left out at the end of the name of a template that another one includes, in the order in which it is
   * looked for.
   */
  endings: readonly string[];
  /** What may stand before it. */
  folder: string;
  limits: { renderMs: number; work: number; outputChars: number; parseChars: number };
}

/** What the thread answers. */
export type RenderAnswer =
  | { ok: true; text: string }
  | { ok: false; limit: boolean; message: string; file: string | undefined; line: number | undefined };

/** Liquid's own words for its limits. */
const limitWords =
  /(memory alloc|parse length|template render) limit exceeded|Invalid string length|Invalid array length|Maximum call stack/i;

/**
 * Text that is HTML already: putting it out escapes it no more, whatever was done with it in between. To filters it is
 * its text.
 */
class Escaped extends Drop {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  override valueOf(): string {
    return this.#text;
  }
}

type Escape = (this: unknown, value: unknown) => string;

/** Escapes what is not escaped yet. `by`: one of Liquid's own. */
function escapedBy(by: Escape): (this: unknown, value: unknown) => Escaped {
  return function (value) {
    return value instanceof Escaped ? value : new Escaped(by.call(this, value));
  };
}

/** Every name by which a file may be included, the file's own first. */
function named(files: Record<string, string>, endings: readonly string[], folder: string): Record<string, string> {
  const all: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [file, text] of Object.entries(files)) all[file] = text;
  for (const ending of endings) {
    for (const [file, text] of Object.entries(files))
      if (ending !== '' && file.endsWith(ending)) all[file.slice(0, -ending.length)] ??= text;
  }
  for (const [name, text] of Object.entries(all)) all[folder + name] ??= text;
  return all;
}

function liquidFor({ files, markup, endings, folder, limits }: RenderRequest): Liquid {
  const escape = filters.escape as Escape;
  const liquid = new Liquid({
    templates: named(files, endings, folder),
    relativeReference: false,
    ownPropertyOnly: true,
    strictFilters: true,
    timezoneOffset: 0,
    locale: 'en-US',
    ...(markup && {
      outputEscape(this: unknown, value: unknown) {
        return value instanceof Escaped ? value.valueOf() : escape.call(this, value);
      },
    }),
    parseLimit: limits.parseChars,
    renderLimit: limits.renderMs,
    memoryLimit: limits.work,
  });
  if (markup) {
    liquid.registerFilter('escape', escapedBy(escape));
    liquid.registerFilter('escape_once', escapedBy(filters.escape_once as Escape));
    const breaks = filters.newline_to_br as Escape;
    liquid.registerFilter('newline_to_br', function (this: unknown, value: unknown) {
      return value instanceof Escaped ? new Escaped(breaks.call(this, value.valueOf())) : breaks.call(this, value);
    });
  }
  return liquid;
}

function render(request: RenderRequest): string {
  const { name, data, limits } = request;
  const liquid = liquidFor(request);
  const text = liquid.renderFileSync(name, JSON.parse(data) as object) as string;
  if (text.length > limits.outputChars) throw new RangeError(`output limit: ${text.length} characters`);
  return text;
}

parentPort?.on('message', (request: RenderRequest) => {
  parentPort?.postMessage(answer(request));
});

parentPort?.postMessage('ready');

function answer(request: RenderRequest): RenderAnswer {
  try {
    return { ok: true, text: render(request) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const limit = limitWords.test(message) || message.startsWith('output limit');
    if (!LiquidError.is(thrown)) return { ok: false, limit, message, file: request.name, line: undefined };
    const { token } = thrown as unknown as { token?: { file?: string; getPosition(): [number, number] } };
    return {
      ok: false,
      limit,
      message: message.replace(/, (file|line):.*$/s, ''),
      file: token?.file ?? request.name,
      line: token?.getPosition()[0],
    };
  }
}
