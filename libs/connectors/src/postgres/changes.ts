/**
 * Changes of a PostgreSQL as events. The server sends each transaction whole, in the order of their commits, and after
 * a break again from where it was told that all is safe. An event's id is its place in the log, so what is sent again
 * is the same event.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { eventLimits } from '@annex/limits';
import { fitting } from '../payload.js';
import type { PgoutputMessage } from './message.js';

/** Reads a stream of messages into changes. */
export class Changes {
  #commitLsn: string | null = null;
  #commitTime: string | null = null;
  #count = 0;

  /** The changes of one message, and with the last one of a transaction where its end is. */
  read(message: PgoutputMessage): { changes: JsonObject[]; endLsn?: string } {
    switch (message.tag) {
      case 'begin':
        this.#commitLsn = message.commitLsn ?? null;
        this.#commitTime = timeOf(message.commitTime);
        this.#count = 0;
        return { changes: [] };
      case 'insert':
      case 'update':
      case 'delete': {
        const { tag, relation, key = null, old = null, new: row = null } = message;
        const { schema, name } = relation;
        const data = { schema, table: name, key: plain(key), old: plain(old), new: plain(row) };
        return { changes: [this.#event(tag, `${schema}.${name}`, data)] };
      }
      case 'truncate':
        return {
          changes: message.relations.map(({ schema, name }) =>
            this.#event('truncate', `${schema}.${name}`, { schema, table: name }),
          ),
        };
      case 'commit':
        return { changes: [], ...(message.commitEndLsn && { endLsn: message.commitEndLsn }) };
      default:
        return { changes: [] };
    }
  }

  /** Whether a transaction has begun and not ended: the place between is none to go on from. */
  get isInside(): boolean {
    return this.#commitLsn !== null;
  }

  /** A transaction has ended. */
  ended(): void {
    this.#commitLsn = null;
  }

  #event(tag: string, table: string, data: JsonObject): JsonObject {
    const whole = { ...data, commit_lsn: this.#commitLsn, seq: this.#count };
    const id = `${this.#commitLsn}/${this.#count}`;
    this.#count += 1;
    return {
      id,
      type: `pg.${tag}`,
      subject: table.slice(0, 256),
      time: this.#commitTime,
      data: fitting(whole, { ...whole, key: null, old: null, new: null }),
    };
  }
}

/** Microseconds since the epoch. */
function timeOf(commitTime: unknown): string | null {
  if (typeof commitTime !== 'bigint') return null;
  const time = new Date(Number(commitTime / 1000n));
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/**
 * What the driver made of a row, as JSON: numbers that no double keeps stay text, bytes become base64. It goes as deep
 * as is needed to see that no event holds it, so that no row exhausts the stack.
 */
function plain(value: unknown, depth = 0): Json {
  if (depth > eventLimits.dataLevels) return null;
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const given = value as { toJSON?: () => unknown };
  if (typeof given.toJSON === 'function') return plain(given.toJSON(), depth + 1);
  const entries = Object.entries(value).map(([key, member]): [string, Json] => [key, plain(member, depth + 1)]);
  const object = Object.fromEntries(entries);
  return isJsonObject(object) ? object : null;
}
