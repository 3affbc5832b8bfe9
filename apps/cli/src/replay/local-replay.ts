/**
 * A run that Annex kept, once more against the plugin in a folder. Its input, its time and the tenant's settings are
 * those of the run. Where its plugin was recorded, its calls of `ctx` are answered as they were then. Any other call
 * reads of `ctx.kv` and tables what stands there now without what was written since the run began, and so without what
 * the run itself wrote. Nothing is written anywhere, and nothing leaves the machine but questions to Annex.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { AnnexProblem, type Annex, type RunDetail } from '@annex/client';
import type { HandlerFailed, OpenPluginOptions, TestPlugin } from '@annex/sdk/testing';
import { invalid } from '../faults.js';
import { take } from '../commands/lists.js';
import { readRecorded, RecordedAnswers, type DifferentCall } from './recorded-answers.js';

/** How a run ended, as far as two of them can be compared. */
export interface Ending {
  status: string;
  error: { code: string; message: string } | null;
  result: unknown;
  /** Types of the events that it emitted. */
  emitted: string[];
  /** `level message`. */
  logs: string[];
}

type SentEvent = Awaited<ReturnType<Annex['getEvent']>>;

export interface LocalReplay {
  recorded: Ending;
  local: Ending;
  /** Calls that memory answered, since nobody kept what they answered then: `files.read` and the like. */
  unknown: string[];
  /** Entries of `ctx.kv` and rows (`table/id`) written since: they were left out, or may have been otherwise. */
  changed_since: string[];
  /** What the record of the run's calls did; `null`: its plugin was not recorded. */
  calls: { recorded: number; answered: number; different: DifferentCall[] } | null;
  /** Secrets that `.env` does not hold; their names stood in for them. */
  secrets_missing: string[];
}

/** How much of the tenant's data is read: entries, tables' rows. */
const maxEntries = 200;
const maxRows = 1_000;
/** Calls that are answered as they were: by memory that was filled, or by the run's own input. */
const answered = /^(kv|db|secrets|emit|jobs|analytics|templates|http)\b/;

/** Throws `NOT_REPLAYABLE` for a run whose input Annex does not keep. */
export async function replayLocally(
  annex: Annex,
  { id, folder }: { id: string; folder: string },
): Promise<LocalReplay> {
  const run = await annex.getRun({ path: { id } });
  if (run.plugin === null || !/^(event|job|filter)$/.test(run.kind))
    throw invalid(
      'NOT_REPLAYABLE',
      `${id} is a run of kind ${run.kind}; only events, jobs and filters keep their input.`,
    );
  const slug = run.plugin;
  const secrets = await readSecrets(annex, slug, folder);
  const options = await optionsOf(annex, run, { slug, folder, secrets: secrets.values });
  const event = run.event_id ? await annex.getEvent({ path: { id: run.event_id } }) : undefined;
  const state = new StateBefore(annex, slug, run.started_at ?? run.queued_at);
  const recorded = await readRecorded(annex, id, run.attempts.at(-1)?.number ?? 1);
  const { openPlugin } = await import('@annex/sdk/testing');
  const attempt = async (fill: (plugin: TestPlugin) => Promise<void>): Promise<Attempted> => {
    const answers = recorded && new RecordedAnswers(recorded);
    await using plugin = await openPlugin(folder, { ...options, ...(answers && { answers: answers.answer }) });
    await fill(plugin);
    return { plugin, answers, local: await endingOf(plugin, run, event) };
  };
  // Which tables it reads, and whether it asks what was not recorded, is known once it has run.
  let last = await attempt(() => Promise.resolve());
  if (last.answers?.needsMemory !== false) {
    const tables = tablesOf(last.plugin);
    const kv = await state.kv();
    last = await attempt(async (plugin) => {
      for (const [key, value] of kv) plugin.kv.set(key, value as never);
      await state.fillTables(plugin, tables);
    });
  }
  const { answers, local } = last;
  return {
    recorded: recordedEnding(run),
    local,
    unknown: unknownOf(last),
    calls: answers ? { recorded: answers.size, answered: answers.answered, different: answers.differences() } : null,
    changed_since: state.changed,
    secrets_missing: secrets.missing,
  };
}

interface Attempted {
  plugin: TestPlugin;
  answers: RecordedAnswers | undefined;
  local: Ending;
}

/** Methods that memory answered without knowing. */
function unknownOf({ plugin, answers }: Attempted): string[] {
  const asked = answers ? [...answers.unlike, ...answers.withoutAnswer] : plugin.calls.map(({ method }) => method);
  return [...new Set(asked.filter((method) => !answered.test(method)))];
}

async function optionsOf(
  annex: Annex,
  run: RunDetail,
  { slug, folder, secrets }: { slug: string; folder: string; secrets: Record<string, string> },
): Promise<OpenPluginOptions> {
  const { httpFixtures } = await import('@annex/sdk/testing');
  const config = await annex.getPluginConfig({ path: { id: slug } });
  const fixtures = join(folder, 'fixtures/http.json');
  return {
    secrets,
    config: config as never,
    clock: run.started_at ?? run.queued_at,
    http: httpFixtures(existsSync(fixtures) ? fixtures : []),
  };
}

/** Values are the machine's own: Annex tells nobody a secret. */
async function readSecrets(annex: Annex, slug: string, folder: string) {
  const own = parseEnv(await readFile(join(folder, '.env'), 'utf8').catch(() => '')) as Record<string, string>;
  const { items } = await annex.listDeclaredSecrets({ path: { id: slug } });
  const missing = items
    .filter(({ name, set_by: by }) => by !== null && own[name] === undefined)
    .map(({ name }) => name);
  return { values: { ...Object.fromEntries(missing.map((name) => [name, `(${name})`])), ...own }, missing };
}

function tablesOf(plugin: TestPlugin): string[] {
  const named = plugin.calls.filter(({ method }) => method.startsWith('db.')).map(({ args }) => args[0]);
  return [...new Set(named.filter((name) => typeof name === 'string'))];
}

/** The tenant's data as they stood when the run began, as far as times of writing tell. */
class StateBefore {
  readonly changed: string[] = [];

  constructor(
    private readonly annex: Annex,
    private readonly slug: string,
    private readonly startedAt: string,
  ) {}

  /** What was written since is left out: the run may be who wrote it. */
  async kv(): Promise<[string, unknown][]> {
    const { annex, slug: id } = this;
    const found: [string, unknown][] = [];
    for (const { key } of await take(annex.each('listKv', { path: { id } }), { limit: maxEntries })) {
      const { value, updated_at: at } = await annex.getKv({ path: { id, path: key } });
      if (at < this.startedAt) found.push([key, value]);
      else this.changed.push(key);
    }
    return found;
  }

  /** Rows made since are left out; one that was only changed is there as it is now. */
  async fillTables(plugin: TestPlugin, tables: readonly string[]): Promise<void> {
    for (const table of tables) {
      for (const row of await this.#rows(table)) {
        const { id, created_at: made, updated_at: changed } = row as Record<string, string>;
        if (String(changed) >= this.startedAt) this.changed.push(`${table}/${id}`);
        if (String(made) < this.startedAt) plugin.tables.insert(table, row as never);
      }
    }
  }

  /** A table that nobody has written to is not there. */
  async #rows(table: string) {
    const rows = take(this.annex.each('listRows', { path: { table } }), { limit: maxRows });
    return rows.catch((thrown: unknown) => {
      if (thrown instanceof AnnexProblem && thrown.status === 404) return [];
      throw thrown;
    });
  }
}

async function endingOf(plugin: TestPlugin, run: RunDetail, event: SentEvent | undefined): Promise<Ending> {
  const before = plugin.emitted.length;
  const outcome = await begin(plugin, run, event).then(
    (result) => ({ status: 'succeeded', error: null, result: result ?? null }),
    (thrown: unknown) => {
      const { code, message } = thrown as HandlerFailed;
      if ((thrown as Error).name !== 'HandlerFailed') throw thrown;
      return { status: 'failed', error: { code, message }, result: null };
    },
  );
  return {
    ...outcome,
    emitted: plugin.emitted.slice(before).map(({ type }) => type),
    logs: plugin.logs.map(({ level, message }) => `${level} ${message}`),
  };
}

async function begin(plugin: TestPlugin, run: RunDetail, event: SentEvent | undefined): Promise<unknown> {
  const attempt = run.attempts.at(-1)?.number ?? 1;
  const payload = run.payload as never;
  if (run.kind === 'job') return plugin.job(run.name, payload, { attempt });
  if (run.kind === 'filter') return plugin.filter(run.name, payload);
  if (event === undefined) throw invalid('NOT_REPLAYABLE', `${run.id} has no event that is still kept.`);
  const { id, type, subject, source } = event;
  const options = { id, source, attempt, handler: run.name, ...(subject !== null && { subject }) };
  return (await plugin.event(type, payload, options))[0];
}

function recordedEnding({ status, error, result, emitted, logs }: RunDetail): Ending {
  return {
    status,
    error: error && { code: error.code, message: error.message },
    result: result ?? null,
    emitted: emitted.map(({ type }) => type),
    logs: logs.map(({ level, message }) => `${level} ${message}`),
  };
}
