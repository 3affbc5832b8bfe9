import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { ObjectMissing, type ByteRange, type ObjectStore } from './object-store.js';

/** Objects as files of a folder, which only this user may enter. Several machines need the same folder. */
export class DiskStore implements ObjectStore {
  readonly description: string;
  readonly #disk: Disk;

  constructor(private readonly folder: string) {
    this.description = folder;
    this.#disk = new Disk(new FSDriver({ location: folder, visibility: 'private' }));
  }

  async write(name: string, content: Readable | Uint8Array): Promise<void> {
    if (content instanceof Readable) await this.#disk.putStream(name, content);
    else await this.#disk.put(name, content);
    await this.#sync(name);
    await this.#sync(dirname(name));
  }

  async read(name: string, range?: ByteRange): Promise<Readable> {
    // Opened before it is answered, so that a missing object is told here and one that is removed meanwhile is read to
    // its end.
    try {
      const handle = await open(join(this.folder, name), 'r');
      return handle.createReadStream(range);
    } catch (thrown) {
      if (isMissing(thrown)) throw new ObjectMissing(name, { cause: thrown });
      throw thrown;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#disk.delete(name);
  }

  async check(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await access(this.folder, constants.R_OK | constants.W_OK | constants.X_OK);
  }

  close(): void {}

  async #sync(name: string): Promise<void> {
    const handle = await open(join(this.folder, name), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}
