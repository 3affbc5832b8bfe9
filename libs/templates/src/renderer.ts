/**
 * Renders Liquid templates in threads that are ended when they take too long, so that no template holds up the program.
 */
import { didYouMean, quote, ThreadPool, type Stoppable } from '@annex/kernel';
import { templateLimits } from '@annex/limits';
import { templateErrors } from './errors.js';
import { endings, isMarkup, requireTemplate, templatesFolder } from './find-template.js';
import type { RenderAnswer, RenderRequest } from './render-thread.js';

/** Templates of one release: texts by their path below `templates/`. */
export type TemplateFiles = Readonly<Record<string, string>>;

export interface RenderOptions {
  files: TemplateFiles;
  /** A file of these, its ending may be left out. */
  name: string;
  data: object;
  /** Whose it is: tenants take turns at the threads, and none gets all. */
  tenant: string;
  /** Gives up waiting for a turn. */
  signal?: AbortSignal;
}

export class TemplateRenderer implements Stoppable {
  readonly #threads = new ThreadPool<RenderRequest, RenderAnswer>({
    // Beside its source in tests, beside the compiled file else.
    file: new URL(import.meta.url.endsWith('.ts') ? './render-thread.ts' : './render-thread.js', import.meta.url),
    name: 'templates',
    resourceLimits: {
      maxOldGenerationSizeMb: templateLimits.heapMb,
      maxYoungGenerationSizeMb: 16,
      stackSizeMb: 4,
    },
    killMs: templateLimits.killMs,
  });

  /**
   * The text. Throws `TEMPLATE_NOT_FOUND`, `TEMPLATE_INVALID` and `TEMPLATE_LIMIT`; the last two name file and line
   * where they are known.
   */
  async render({ files, name, data, tenant, signal }: RenderOptions): Promise<string> {
    const file = requireTemplate(Object.keys(files), name);
    const json = JSON.stringify(data);
    if (Buffer.byteLength(json) > templateLimits.dataBytes) {
      throw limitReached(
        file,
        undefined,
        `its data has ${Buffer.byteLength(json)} bytes of JSON; the limit is ${templateLimits.dataBytes}`,
      );
    }
    const { renderMs, work, outputChars, sourceBytes } = templateLimits;
    const answer = await this.#threads.ask(
      {
        files: { ...files },
        name: file,
        data: json,
        markup: isMarkup(file),
        endings,
        folder: templatesFolder,
        limits: { renderMs, work, outputChars, parseChars: sourceBytes },
      },
      { tenant, signal },
    );
    if (answer === 'too long') throw limitReached(file, undefined, `it took longer than ${templateLimits.killMs} ms`);
    if (answer === 'lost')
      throw limitReached(file, undefined, `it needed more memory than ${templateLimits.heapMb} MiB`);
    if (answer.ok) return answer.text;
    throw refusal(files, file, answer);
  }

  /** Ends the threads. Safe to call twice. */
  stop(): Promise<void> {
    return this.#threads.stop();
  }
}

/** Why a template was not rendered, in our words. */
function refusal(files: TemplateFiles, file: string, answer: Extract<RenderAnswer, { ok: false }>): Error {
  const where = requireTemplate(Object.keys(files), answer.file ?? file);
  const missing = /^ENOENT: Failed to lookup "(.*?)" in/s.exec(answer.message)?.[1];
  if (missing === undefined && answer.limit) return limitReached(where, answer.line, inOurWords(answer.message));
  const why =
    missing === undefined
      ? `${answer.message.slice(0, 300)}.`
      : `there is no template ${quote(missing)} to put in.${didYouMean(missing, Object.keys(files))}`;
  return templateErrors.error('TEMPLATE_INVALID', `${place(where, answer.line)}: ${why}`, {
    extra: { template: where, ...(answer.line !== undefined && { line: answer.line }) },
  });
}

function place(file: string, line: number | undefined): string {
  return `templates/${file}${line === undefined ? '' : `, line ${line}`}`;
}

function limitReached(file: string, line: number | undefined, why: string): Error {
  return templateErrors.error(
    'TEMPLATE_LIMIT',
    `Rendering ${quote(place(file, line), 300)} was ended: ${why}. Let the template do less, or prepare the data ` +
      'in the plugin.',
    {
      extra: { template: file, ...(line !== undefined && { line }) },
    },
  );
}

function inOurWords(message: string): string {
  const { renderMs, work, outputChars, sourceBytes } = templateLimits;
  if (/render limit/i.test(message)) return `it took longer than ${renderMs} ms`;
  if (/parse length/i.test(message)) return `its source is longer than ${sourceBytes} characters`;
  if (/output limit/i.test(message)) return `it made more than ${outputChars} characters`;
  if (/call stack/i.test(message)) return 'its parts include each other too deeply';
  return `its loops and filters made more than ${work} characters and list items`;
}
