/** A plugin's source in a test: the handler runs in the sandbox, and what it gives is judged as by Annex. */
import { eventSources, readSourceBatch, sourceEventId, type SourceBatch } from '@annex/events';
import type { SourceTakes } from '@annex/execution';
import type { Json } from '@annex/kernel';
import type { ManifestEventSource } from '@annex/manifest';
import type { JsonInput } from '../context.js';
import type { EmittedEvent } from './emitted-event.js';
import type { RequestInit } from './route-call.js';

/** What a poll or a request gave. */
export interface SourceGiven {
  /** Events that were new. Those with an id that the source gave before are the same events. */
  events: EmittedEvent[];
  /** Events that lack what the manifest's `require` names: kept, and given to nobody. */
  rejected: EmittedEvent[];
  /** Events that were known. */
  duplicates: number;
  /** Where the next poll goes on. */
  cursor: Json;
  more: boolean;
}

/** How a source reaches its plugin. @internal */
export interface SourceParts {
  slug: string;
  declared: ManifestEventSource;
  reservedEvents: readonly string[];
  /** Runs the handler; `take` judges what it answered. Rejects with `HandlerFailed`. */
  run: (
    start: { payload?: Json; request?: RequestInit },
    take: (answer: Json | undefined) => SourceTakes,
  ) => Promise<void>;
  /** Answers whether the event is new. */
  emit: (event: EmittedEvent) => boolean;
}

/**
 * A source of a plugin under test. It keeps its cursor from poll to poll.
 * @example
 * const first = async (plugin: TestPlugin) => (await plugin.source('erp').poll()).events[0]
 */
export class TestSource {
  /** Where the next poll goes on; set it to rewind. */
  cursor: Json = null;
  #initialized = false;

  /** @internal */
  constructor(private readonly parts: SourceParts) {}

  /**
   * Polls once, from `cursor` or from where the last poll left off. Rejects with `HandlerFailed` when it throws, or
   * gives what it may not; then the cursor stays.
   */
  async poll(cursor?: JsonInput): Promise<SourceGiven> {
    if (cursor !== undefined) this.cursor = JSON.parse(JSON.stringify(cursor)) as Json;
    const given = await this.#run({ payload: { call: 'poll', cursor: this.cursor, initialize: !this.#initialized } });
    this.#initialized = true;
    this.cursor = given.cursor;
    return given;
  }

  /** Sends a request. Signatures are not looked at. Rejects with `HandlerFailed`. */
  async receive(request: RequestInit = {}): Promise<SourceGiven> {
    if (!this.#initialized) await this.initialize();
    return this.#run({ request });
  }

  /** Calls `initialize`, which otherwise comes before the first poll or request. */
  async initialize(): Promise<void> {
    await this.#call('initialize');
    this.#initialized = true;
  }

  /** Calls `stop`, as pausing the source or disabling the plugin does. */
  stop(): Promise<void> {
    return this.#call('stop');
  }

  #call(call: 'initialize' | 'stop'): Promise<void> {
    return this.parts.run({ payload: { call } }, () => ({ ok: true, result: null, commit: () => Promise.resolve() }));
  }

  async #run(start: { payload?: Json; request?: RequestInit }): Promise<SourceGiven> {
    const { declared, reservedEvents } = this.parts;
    const given: SourceGiven = { events: [], rejected: [], duplicates: 0, cursor: this.cursor, more: false };
    await this.parts.run(start, (answer) => {
      const reading = readSourceBatch(answer, { ...declared, reserved: reservedEvents });
      if (!reading.ok) return { ok: false, error: { code: 'SOURCE_REFUSED', message: reading.detail } };
      return { ok: true, result: answer ?? null, commit: () => Promise.resolve(this.#write(reading.batch, given)) };
    });
    return given;
  }

  #write({ events, cursor, more }: SourceBatch, given: SourceGiven): void {
    const name = `${this.parts.slug}.${this.parts.declared.name}`;
    for (const [at, event] of events.entries()) {
      const { id, type, source, subject, data, severity, tags, attributes, missing } = event;
      const emitted: EmittedEvent = {
        id: sourceEventId(name, id ?? `${JSON.stringify(this.cursor)}/${at}/${Math.random()}`),
        type,
        source: source ?? eventSources.source(name),
        subject,
        data,
        severity,
        tags,
        attributes,
      };
      if (missing.length > 0) given.rejected.push(emitted);
      else if (this.parts.emit(emitted)) given.events.push(emitted);
      else given.duplicates += 1;
    }
    if (cursor !== undefined) given.cursor = cursor;
    given.more = more;
  }
}
