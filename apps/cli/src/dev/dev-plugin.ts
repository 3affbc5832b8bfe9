/** The plugin under `annex dev`: opened again at each change, in a tenant that lives in memory. */
import { readFile } from 'node:fs/promises';
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { TestPlugin } from '@annex/sdk/testing';
import { explain } from '../faults.js';
import { writeTypes } from '../folder/write-types.js';

/** What the page and the terminal are told. */
export type DevNews =
  | { kind: 'opened'; ms: number }
  | { kind: 'fault'; code: string; detail: string }
  | { kind: 'mistake'; file: string | null; line: number | null; code: string; detail: string }
  | { kind: 'log'; level: string; message: string; fields: unknown }
  | { kind: 'run'; run: TestPlugin['runs'][number] }
  | { kind: 'emitted'; event: TestPlugin['emitted'][number] }
  | { kind: 'mail'; mail: TestPlugin['mails'][number] }
  | { kind: 'request'; method: string; url: string };

/** Changes of these are of no matter. */
const unwatched =
  /(^|\/)annex-env\.d\.ts$|(^|\/)(node_modules|\.git|\.annex|coverage|typings|__pycache__)(\/|$)|\.(test|spec)\.[cm]?[jt]s$|(^|\/)test_[^/]*\.py$|~$|\.(zip|tmp|swp|pyc)$/;
/** A save often comes as several changes, in ms. */
const quietMs = 30;
/** How often what a plugin left behind is looked at, in ms. */
const lookMs = 100;
/** Emits in a row, as in Annex. */
const maxDepth = 10;

/** How much of each list of the plugin was told. */
const nothingSeen = { logs: 0, runs: 0, emitted: 0, mails: 0, requests: 0, jobs: 0 };

export class DevPlugin {
  plugin: TestPlugin | undefined;
  #seen = { ...nothingSeen };
  /** Handed on and not ended. */
  #handedOn = 0;
  /** How many times in a row something was handed on. */
  #depth = 0;
  #opening: Promise<void> = Promise.resolve();
  #studying: Promise<void> = Promise.resolve();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly folder: string,
    private readonly tell: (news: DevNews) => void,
  ) {}

  async start(): Promise<void> {
    await this.reload();
    this.#watcher = watch(this.folder, { recursive: true }, (_, name) => {
      if (name === null || unwatched.test(name.replaceAll('\\', '/'))) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.reload(), quietMs);
    });
    this.#looking = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Opens the plugin as it is now. One that has faults leaves the one from before in its place. */
  reload(): Promise<void> {
    this.#opening = this.#opening.then(() => this.#open());
    return this.#opening;
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
    await this.#opening;
    await this.#studying;
    await this.plugin?.close();
  }

  async #open(): Promise<void> {
    const startedMs = performance.now();
    const { httpFixtures, openPlugin } = await import('@annex/sdk/testing');
    try {
      // Nothing leaves the machine: what is not written down fails.
      const fixtures = join(this.folder, 'fixtures/http.json');
      const secrets = parseEnv(await readFile(join(this.folder, '.env'), 'utf8').catch(() => ''));
      const opened = await openPlugin(this.folder, {
        secrets: secrets as Record<string, string>,
        http: httpFixtures(existsSync(fixtures) ? fixtures : []),
        tenant: { slug: 'dev', name: 'Development' },
      });
      const before = this.plugin;
      this.#look();
      this.plugin = opened;
      this.#seen = { ...nothingSeen };
      await before?.close();
      this.tell({ kind: 'opened', ms: Math.round(performance.now() - startedMs) });
      this.#studying = this.#study();
    } catch (thrown) {
      const { code, detail } = explain(thrown);
      this.tell({ kind: 'fault', code, detail });
    }
  }

  /** What the code shows by being read, and the types of what plugin.json says now. Serving does not wait for it. */
  async #study(): Promise<void> {
    const { lintPlugin, readPlugin, writePluginTypeFiles } = await import('@annex/sdk/package');
    try {
      const { files } = await readPlugin(this.folder);
      const types = writePluginTypeFiles(files);
      // Whoever has no such file wants none.
      const isWanted = types.ok && [...types.files.keys()].some((path) => existsSync(join(this.folder, path)));
      if (types.ok && isWanted) await writeTypes(this.folder, types.files);
      const { mistakes, warnings } = await lintPlugin(files);
      for (const { file: where, line, code, detail } of [...mistakes, ...warnings])
        this.tell({ kind: 'mistake', file: where, line, code, detail });
    } catch (thrown) {
      const { code, detail } = explain(thrown);
      this.tell({ kind: 'fault', code, detail });
    }
  }

  /** Tells what is new, and hands on what the plugin emitted and started, as a worker would. */
  #look(): void {
    const { plugin } = this;
    if (plugin === undefined) return;
    const fresh = <T>(name: keyof typeof nothingSeen, list: readonly T[]): T[] => {
      const from = this.#seen[name];
      this.#seen[name] = list.length;
      return list.slice(from);
    };
    for (const { level, message, fields } of fresh('logs', plugin.logs))
      this.tell({ kind: 'log', level, message, fields });
    for (const run of fresh('runs', plugin.runs)) this.tell({ kind: 'run', run });
    for (const { method, url } of fresh('requests', plugin.requests)) this.tell({ kind: 'request', method, url });
    for (const mail of fresh('mails', plugin.mails)) this.tell({ kind: 'mail', mail });
    const events = fresh('emitted', plugin.emitted);
    const jobs = fresh('jobs', plugin.startedJobs);
    // What comes while nothing is handed on was begun from outside.
    this.#depth = events.length + jobs.length > 0 ? this.#depth + 1 : this.#handedOn > 0 ? this.#depth : 0;
    for (const event of events) {
      this.tell({ kind: 'emitted', event });
      const { id, type, data, subject, source } = event;
      const options = { id, subject: subject ?? undefined, source, depth: Math.min(this.#depth, maxDepth) };
      void this.#handOn(() => plugin.event(type, data ?? {}, options));
    }
    for (const { name, payload } of jobs) void this.#handOn(() => plugin.job(name, payload));
  }

  /** A plugin that keeps itself going is stopped as in Annex. A handler that fails is told as its run. */
  async #handOn(work: () => Promise<unknown>): Promise<void> {
    if (this.#depth > maxDepth) return;
    this.#handedOn += 1;
    await work().catch(() => undefined);
    this.#handedOn -= 1;
  }
}
