/** Reads and follows what an etcd keeps under a prefix (API v3). */
import { Etcd3, type IKeyValue } from 'etcd3';

/** Where an etcd is. */
export interface EtcdAddress {
  /** `http://host:2379` or `https://…`, of one cluster. */
  hosts: readonly string[];
  auth?: { username: string; password: string } | undefined;
  /** The authority's certificate, PEM. Default: those of the system. */
  rootCertificate?: Buffer | undefined;
}

/** A key as it is under the prefix, the prefix taken off. `undefined`: it is gone. */
export interface EtcdChange {
  key: string;
  value: Buffer | undefined;
}

/** Changes that etcd committed together, or a sign of life without any. */
export interface EtcdChanges {
  /** etcd's revision: everything up to it has been told. */
  revision: string;
  changes: EtcdChange[];
}

/** What the watch asks for is not kept any more: read everything again. */
export class EtcdCompacted extends Error {}

/** One prefix of one etcd. */
export interface EtcdPrefix {
  /** Everything under the prefix, page by page, all as it was at one revision. */
  read(onPage: (page: EtcdChange[]) => Promise<void>): Promise<string>;
  /** Changes behind a revision, in order, until the signal. Throws `EtcdCompacted`, and when the connection ends. */
  follow(revision: string, signal: AbortSignal): AsyncIterable<EtcdChanges>;
  close(): void;
}

/** Keys of one page; with values of a megabyte, which is etcd's own limit, it still fits. */
const pageKeys = 50;
const maxMessageBytes = 128 * 1024 * 1024;
/** One answer of etcd, and a watch until it is there: a server that hears and says nothing must not be waited for. */
const answerWithinMs = 30_000;
/** Answers that may wait to be taken; beyond them the watch is begun again where it was. */
const waiting = 1000;

/** Opens a prefix. Nothing is sent before the first call. */
export function openEtcdPrefix({ hosts, auth, rootCertificate }: EtcdAddress, prefix: string): EtcdPrefix {
  const client = new Etcd3({
    hosts: [...hosts],
    ...(auth && { auth }),
    ...(rootCertificate && { credentials: { rootCertificate } }),
    grpcOptions: { 'grpc.max_receive_message_length': maxMessageBytes, 'grpc.keepalive_time_ms': 10_000 },
    dialTimeout: 10_000,
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + answerWithinMs }),
  });
  return {
    read: (onPage) => readAll(client, prefix, onPage),
    follow: (revision, signal) => follow(client, prefix, { revision, signal }),
    close: () => client.close(),
  };
}

async function readAll(client: Etcd3, prefix: string, onPage: (page: EtcdChange[]) => Promise<void>): Promise<string> {
  const start = Buffer.from(prefix);
  const end = endOf(start);
  let revision: string | undefined;
  for (let key = start; ;) {
    const answer = await client.kv.range({
      key,
      range_end: end,
      limit: pageKeys,
      ...(revision !== undefined && { revision }),
    });
    revision ??= answer.header.revision;
    await onPage(answer.kvs.map(({ key: at, value }) => ({ key: nameOf(at, start), value })));
    const last = answer.kvs.at(-1);
    if (!answer.more || last === undefined) return revision;
    // The first key behind it.
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

async function* follow(
  client: Etcd3,
  prefix: string,
  { revision, signal }: { revision: string; signal: AbortSignal },
): AsyncIterable<EtcdChanges> {
  const start = Buffer.from(prefix);
  const queue: EtcdChanges[] = [];
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const fail = (thrown: Error): void => {
    failure ??= thrown;
    wake();
  };
  const watcher = client
    .watch()
    .prefix(prefix)
    .startRevision((BigInt(revision) + 1n).toString())
    .watcher();
  watcher.on('data', ({ header, events }) => {
    if (queue.length >= waiting) return fail(new Error('What etcd tells is not taken fast enough.'));
    const changes = events.map(({ type, kv }: { type: unknown; kv: IKeyValue }) => ({
      key: nameOf(kv.key, start),
      value: type === 'Put' ? kv.value : undefined,
    }));
    // The header may be ahead of the events while the watch catches up.
    const last = events.at(-1);
    queue.push({ revision: last ? last.kv.mod_revision : header.revision, changes });
    wake();
  });
  // It is followed from now on, also when nothing changes.
  const silent = setTimeout(() => fail(new Error('etcd did not begin to tell changes.')), answerWithinMs);
  watcher.on('connected', () => {
    clearTimeout(silent);
    queue.push({ revision, changes: [] });
    wake();
  });
  watcher.on('error', (thrown) => fail(explain(thrown)));
  // The library would go on by itself, from where it believes to be; whoever asks knows better what was written.
  watcher.on('disconnected', (thrown) => fail(thrown ?? new Error('The connection to etcd ended.')));
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const next = queue.shift();
      if (next) yield next;
      else if (failure) throw failure;
      else await new Promise<void>((done) => (wake = done));
    }
  } finally {
    clearTimeout(silent);
    void watcher.cancel().catch(() => undefined);
  }
}

/** A watch behind what is compacted is cancelled, by some releases of etcd without a word. */
function explain(thrown: Error): Error {
  return /compacted|Watcher canceled/i.test(thrown.message)
    ? new EtcdCompacted(thrown.message, { cause: thrown })
    : thrown;
}

function nameOf(key: Buffer, prefix: Buffer): string {
  return key.subarray(prefix.length).toString('utf8');
}

/** The first key that does not begin so (etcd's way to say prefix). */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let index = end.length - 1; index >= 0; index -= 1) {
    const byte = end[index] ?? 0;
    if (byte === 0xff) continue;
    end[index] = byte + 1;
    return end.subarray(0, index + 1);
  }
  return Buffer.from([0]);
}
