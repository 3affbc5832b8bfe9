/**
 * Which message is which. MQTT gives a message no name: a broker that saw no acknowledgement sends it again, marked
 * `dup` and under the same number, and uses the number again for another one later. So what was committed and may not
 * have been acknowledged is remembered in the cursor, by number and digest.
 */
import { createHash, randomBytes } from 'node:crypto';
import { isJsonObject, type Json } from '@annex/kernel';
import type { IPublishPacket } from 'mqtt-packet';

/** Messages that a broker may have sent without an acknowledgement, as far as it lets itself be told so. */
export const inFlight = 100;

/** What is remembered: all that may be in flight, and as much again for those whose acknowledgement is on its way. */
const maxSeen = 2 * inFlight;

/** A message that was committed: its number at the broker, a digest of it, and its place in the session. */
type Seen = [messageId: number, digest: string, place: number];

/** Numbers go round; those that jump back by less than this are given again early. */
const roundGap = 60_000;

export class Deliveries {
  #session = newSession();
  #place = 0;
  #topics: string[] = [];
  #seen: Seen[] = [];
  /** The broker uses numbers again at once, so that one that was acknowledged says nothing any more. */
  #reuses = false;
  #last = 0;

  constructor(cursor: Json) {
    if (!isJsonObject(cursor)) return;
    const { session, place, topics, seen, reuses } = cursor;
    if (typeof session !== 'string' || typeof place !== 'number') return;
    this.#session = session;
    this.#place = place;
    if (Array.isArray(topics)) this.#topics = topics.map(String);
    if (Array.isArray(seen)) this.#seen = seen.filter(isSeen);
    this.#reuses = reuses === true;
  }

  /** The broker remembers nothing of this source: numbers begin anew, and so do ids. */
  beginAnew(): void {
    [this.#session, this.#place, this.#topics, this.#seen, this.#last] = [newSession(), 0, [], [], 0];
  }

  /** Topics that this session has subscribed to. */
  get topics(): readonly string[] {
    return this.#topics;
  }

  subscribed(topics: readonly string[]): void {
    this.#topics = [...topics];
  }

  /** The id of a message: the same when it is one that was committed. */
  idOf(packet: IPublishPacket): string {
    const { messageId, qos, dup } = packet;
    if (qos === 0 || messageId === undefined) return `${this.#session}/${this.#next()}`;
    const digest = digestOf(packet);
    const found = this.#seen.findIndex(([id]) => id === messageId);
    const before = this.#seen[found];
    if (dup && before?.[1] === digest) return `${this.#session}/${before[2]}`;
    if (!dup) {
      if (messageId <= this.#last && this.#last - messageId < roundGap) this.#reuses = true;
      this.#last = messageId;
    }
    if (before) this.#seen.splice(found, 1);
    const place = this.#next();
    this.#seen.push([messageId, digest, place]);
    if (this.#seen.length > maxSeen) this.#seen.shift();
    return `${this.#session}/${place}`;
  }

  /** Where the messages stand of which the broker has not said that it knows them to be taken. */
  get place(): number {
    return this.#place;
  }

  /** The broker has read every acknowledgement of messages up to this place. */
  confirm(place: number): void {
    // Kept where numbers go round: a broker that crashes may have forgotten what it read.
    if (this.#reuses) this.#seen = this.#seen.filter(([, , one]) => one > place);
  }

  get cursor(): Json {
    return {
      session: this.#session,
      place: this.#place,
      topics: this.#topics,
      seen: [...this.#seen],
      ...(this.#reuses && { reuses: true }),
    };
  }

  #next(): number {
    this.#place += 1;
    return this.#place;
  }
}

function newSession(): string {
  return randomBytes(9).toString('base64url');
}

function digestOf({ topic, payload }: IPublishPacket): string {
  return createHash('sha256').update(topic).update('\0').update(payload).digest('base64url').slice(0, 11);
}

function isSeen(value: Json): value is Seen {
  return (
    Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string' && typeof value[2] === 'number'
  );
}
