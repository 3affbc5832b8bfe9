/** Redis as it is run for real: over TLS with a password, behind sentinels, as a cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { testCertificate } from '../../libs/egress/src/test-certificate.js';
import { freePort } from './free-port.js';
import { startRedis, type RedisServer } from './redis-server.js';

/** Writes the suite's certificate where servers and clients can read it. */
export function writeCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(cert, testCertificate.cert, { mode: 0o644 });
  writeFileSync(key, testCertificate.key, { mode: 0o600 });
  return { cert, key };
}

export interface SecureRedis {
  /** `rediss://` with the password and the certificate's authority. */
  url: string;
  close(): Promise<void>;
}

/** A Redis that takes TLS and a password, and nothing else. */
export async function startSecureRedis(password: string): Promise<SecureRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'annex-redis-tls-'));
  const { cert, key } = writeCertificate(folder);
  const port = await freePort();
  const server = await startRedis(0, {
    further: [
      ...['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'],
      ...['--requirepass', password],
    ],
  });
  return {
    url: `rediss://:${password}@127.0.0.1:${port}/0?sslrootcert=${cert}`,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface SentinelRedis {
  url: string;
  /** Kills the primary, and resolves when the sentinel has made its replica the next one. */
  failOver(): Promise<void>;
  close(): Promise<void>;
}

/** A primary and its replica with a password, and the sentinel that watches them. */
export async function startSentinelRedis(password: string): Promise<SentinelRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'annex-sentinel-'));
  const secrets = ['--requirepass', password, '--masterauth', password];
  const [first, second] = [await freePort(), await freePort()];
  const primary = await startRedis(first, { further: secrets });
  const replica = await startRedis(second, { further: [...secrets, '--replicaof', '127.0.0.1', String(first)] });
  const file = join(folder, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `sentinel monitor shop 127.0.0.1 ${first} 1`,
      `sentinel auth-pass shop ${password}`,
      'sentinel down-after-milliseconds shop 500',
      'sentinel failover-timeout shop 3000',
    ].join('\n'),
  );
  const port = await freePort();
  const sentinel = await startRedis(port, { first: [file, '--sentinel'] });
  const ask = new Redis(port, '127.0.0.1');
  const untilAsked = async (what: 'slaves' | 'get-master-addr-by-name', wanted: string): Promise<void> => {
    while (!JSON.stringify(await ask.call('SENTINEL', what, 'shop')).includes(wanted))
      await new Promise((done) => setTimeout(done, 50));
  };
  await untilAsked('slaves', `"${second}"`);
  await untilAsked('slaves', '"ok"');
  return {
    url: `redis+sentinel://:${password}@127.0.0.1:${port}/shop/0`,
    async failOver() {
      await primary.kill();
      await untilAsked('get-master-addr-by-name', `"${second}"`);
    },
    async close() {
      ask.disconnect();
      for (const server of [sentinel, replica, primary]) await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface RedisCluster {
  url: string;
  /** A node as if it were a server of its own. */
  nodeUrl: string;
  close(): Promise<void>;
}

/** Three nodes that share the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: { server: RedisServer; port: number; bus: number }[] = [];
  for (let index = 0; index < 3; index += 1) {
    // The nodes talk to each other on a port of their own, by default 10000 above, which may not exist.
    const [port, bus] = [await freePort(), await freePort()];
    const further = ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
    nodes.push({ server: await startRedis(port, { further }), port, bus });
    const client = new Redis(port, '127.0.0.1');
    const [from, to] = [index, index + 1].map((part) => Math.ceil((16_384 * part) / 3));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    const [seed] = nodes;
    if (index > 0 && seed) await client.call('CLUSTER', 'MEET', '127.0.0.1', seed.port, seed.bus);
    client.disconnect();
  }
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
  for (const { port } of nodes) await untilWhole(port);
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    nodeUrl: `redis://${hosts[0] ?? ''}/0`,
    async close() {
      for (const { server } of nodes) await server.close();
    },
  };
}

/** Resolves when a node knows who serves every slot. */
async function untilWhole(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  try {
    while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      await new Promise((done) => setTimeout(done, 50));
  } finally {
    client.disconnect();
  }
}
