import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemResolver } from './resolver.js';

/** A DNS server of one page: answers A with an address, AAAA with nothing, by the first label. */
function answerQuery(query: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const isA = query.readUInt16BE(at + 1) === 1;
  const kind = labels[0];
  if (kind === 'silent') return undefined;
  const rcode = kind === 'missing' ? 3 : kind === 'broken' ? 2 : 0;
  const answers = rcode === 0 && isA ? 1 : 0;
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | rcode, 0, 1, 0, answers, 0, 0, 0, 0]);
  return Buffer.concat([
    header,
    question,
    answers ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]) : Buffer.alloc(0),
  ]);
}

describe('the system resolver', () => {
  let folder: string;
  let hostsFile: string;
  let server: Socket;
  let servers: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'egress-'));
    hostsFile = join(folder, 'hosts');
    await writeFile(
      hostsFile,
      '# comment\n127.0.0.1\tlocalhost inner.test # more\n::1 inner.test\n::ffff:10.0.0.1 Mapped.test\nnonsense ' +
        'x.test\n',
    );
    server = createSocket('udp4');
    server.on('message', (query, from) => {
      const answer = answerQuery(query);
      if (answer) server.send(answer, from.port, from.address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    servers = [`127.0.0.1:${server.address().port}`];
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const { signal } = new AbortController();

  it('reads the hosts file first, so that a name means here what it means to every program', async () => {
    const resolver = systemResolver({ hostsFile, servers });
    expect(await resolver.resolve('inner.test', signal)).toEqual(['127.0.0.1', '::1']);
    expect(await resolver.resolve('mapped.test', signal)).toEqual(['10.0.0.1']);
  });

  it('asks DNS for everything else', async () => {
    expect(await systemResolver({ hostsFile, servers }).resolve('good.test', signal)).toEqual(['192.0.2.7']);
    expect(await systemResolver({ hostsFile: join(folder, 'none'), servers }).resolve('x.test', signal)).toEqual([
      '192.0.2.7',
    ]);
  });

  it('tells a name that does not exist from one it cannot ask for', async () => {
    const resolver = systemResolver({ hostsFile, servers });
    expect(await resolver.resolve('missing.test', signal)).toEqual([]);
    await expect(resolver.resolve('broken.test', signal)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('stops asking when it is told to', async () => {
    const giveUp = new AbortController();
    const asking = systemResolver({ hostsFile, servers }).resolve('silent.test', giveUp.signal);
    server.once('message', () => giveUp.abort());
    await expect(asking).rejects.toMatchObject({ code: 'ECANCELLED' });
  });
});
