import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { silentLogger } from '@annex/kernel';
import { Disk } from 'flydrive';
import { S3Driver } from 'flydrive/drivers/s3';
import { ObjectMissing, type ByteRange, type ObjectStore } from './object-store.js';

export interface S3StoreOptions {
  bucket: string;
  /** Before every name; ends in `/` unless it is empty. */
  prefix: string;
  region: string;
  /** Of a server other than Amazon's; buckets are then paths of it, as MinIO wants. */
  endpoint?: string;
  /** Default: what the AWS environment says (variables, shared files, roles). */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** How long connecting and a silence in the middle may take, in milliseconds. */
const connectTimeoutMs = 5_000;
const silenceTimeoutMs = 30_000;

/** Objects in a bucket of S3 or a server that speaks its protocol. */
export class S3Store implements ObjectStore {
  readonly description: string;
  readonly #client: S3Client;
  readonly #disk: Disk;

  constructor(private readonly options: S3StoreOptions) {
    const { bucket, prefix, region, endpoint, credentials } = options;
    this.description = `s3://${bucket}/${prefix}`;
    this.#client = new S3Client({
      region,
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
      // Checksums that only Amazon knows are sent where the protocol demands one.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 3,
      // It would write to the console; what fails is told by whoever asked.
      logger: silentLogger,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: silenceTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
    this.#disk = new Disk(new S3Driver({ client: this.#client, bucket, visibility: 'private', supportsACL: false }));
  }

  async write(name: string, content: Readable | Uint8Array): Promise<void> {
    const contentType = 'application/octet-stream';
    if (!(content instanceof Readable)) return this.#disk.put(this.#key(name), content, { contentType });
    // A sender may fail before anybody listens; the pipeline then finds it so.
    content.once('error', () => undefined);
    // S3 wants to know the size first, and a sender may stop in the middle: what arrives is put aside until it is
    // complete.
    const folder = await mkdtemp(join(tmpdir(), 'annex-upload-'));
    try {
      const file = join(folder, randomUUID());
      await pipeline(content, createWriteStream(file, { mode: 0o600 }));
      const { size } = await stat(file);
      if (size === 0) return await this.#disk.put(this.#key(name), new Uint8Array(0), { contentType });
      await this.#disk.putStream(this.#key(name), createReadStream(file), { contentType, contentLength: size });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async read(name: string, range?: ByteRange): Promise<Readable> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.options.bucket,
          Key: this.#key(name),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      if (!(Body instanceof Readable)) throw new TypeError('the S3 client answered something else than a stream');
      return Body;
    } catch (thrown) {
      if (isMissing(thrown)) throw new ObjectMissing(name, { cause: thrown });
      throw thrown;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#disk.delete(this.#key(name));
  }

  async check(): Promise<void> {
    await this.#client.send(new HeadBucketCommand({ Bucket: this.options.bucket }));
  }

  close(): void {
    this.#client.destroy();
  }

  #key(name: string): string {
    return `${this.options.prefix}${name}`;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'NoSuchKey' || thrown.name === 'NotFound');
}
