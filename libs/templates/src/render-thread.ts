/**
 * The thread that renders. Templates are code that a tenant chose, so they run where they can be ended: beside the program, with a small heap,
 * no environment, and nothing to read but the texts that came along. One file, because a thread starts from a file: it imports Liquid alone.
 */
import { parentPort } from 'node:worker_threads';
import { Liquid, LiquidError } from 'liquidjs';

/** What the program asks. */
export interface RenderRequest {
  id: number;
  /** Texts by name: the template and what it may include. */
  files: Record<string, string>;
  /** Which of them. */
  name: string;
  /** JSON of an object. */
  data: string;
  /** Whether what it puts out is escaped for HTML. */
  markup: boolean;
  limits: { renderMs: number; work: number; outputChars: number; parseChars: number };
}

/** What the thread answers. */
export type RenderAnswer = { id: number } & (
  | { ok: true; text: string }
  | { ok: false; limit: boolean; message: string; file: string | undefined; line: number | undefined }
);

/** Said once, when it may be asked. */
export type Ready = 'ready';

/** Liquid's own words for its limits. */
const limitWords = /(memory alloc|parse length|template render) limit exceeded|Invalid string length|Invalid array length|Maximum call stack/i;

function render({ files, name, data, markup, limits }: RenderRequest): string {
  const liquid = new Liquid({
    templates: files,
    relativeReference: false,
    ownPropertyOnly: true,
    strictFilters: true,
    timezoneOffset: 0,
    locale: 'en-US',
    ...(markup && { outputEscape: 'escape' as const }),
    parseLimit: limits.parseChars,
    renderLimit: limits.renderMs,
    memoryLimit: limits.work,
  });
  const text = liquid.renderFileSync(name, JSON.parse(data) as object) as string;
  if (text.length > limits.outputChars) throw new RangeError(`output limit: ${text.length} characters`);
  return text;
}

parentPort?.on('message', (request: RenderRequest) => {
  parentPort?.postMessage(answer(request));
});

parentPort?.postMessage('ready');

function answer(request: RenderRequest): RenderAnswer {
  const { id } = request;
  try {
    return { id, ok: true, text: render(request) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const limit = limitWords.test(message) || message.startsWith('output limit');
    if (!LiquidError.is(thrown)) return { id, ok: false, limit, message, file: request.name, line: undefined };
    const { token } = thrown as unknown as { token?: { file?: string; getPosition(): [number, number] } };
    return { id, ok: false, limit, message: message.replace(/, (file|line):.*$/s, ''), file: token?.file ?? request.name, line: token?.getPosition()[0] };
  }
}
