import type { Readable } from 'node:stream';

/** Bytes `start` to `end`, both included, from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where the bytes of files lie. Names are the platform's own (`3f/0193…`), never a tenant's. An object is written once
 * and not changed; a write that failed may have left something under its name.
 */
export interface ObjectStore {
  /** For people: where it is, without credentials. */
  readonly description: string;
  /** Resolves when the object would survive a loss of power. */
  write(name: string, content: Readable | Uint8Array): Promise<void>;
  /** Opens an object, whole or a part. Rejects with {@link ObjectMissing} when there is none. */
  read(name: string, range?: ByteRange): Promise<Readable>;
  /** Removes an object; one that is not there is as good. */
  remove(name: string): Promise<void>;
  /** Rejects when the store cannot be used. */
  check(): Promise<void>;
  close(): void;
}

/** There is no object of this name. */
export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
}
