import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type RunOutcome, type SandboxLimits, type Sandbox } from './index.js';
import { endOf, runOf, usualLimits, valueOf } from './testing/runs.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({});
});
afterAll(() => sandbox.stop());

const helpers = `
  const bytesOf = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer());
  const drained = (stream) => {
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => {});
    bytesOf(stream.readable).catch(() => {});
    return writer;
  };
  const through = (bytes, transform) => bytesOf(new Blob([bytes]).stream().pipeThrough(transform));
`;
const run = (body: string, payload: unknown = null, limits: SandboxLimits = usualLimits): Promise<RunOutcome> =>
  sandbox.run(
    runOf(`${helpers} job('j', async (ctx, given) => { ${body} })`, { payload: JSON.stringify(payload), limits }),
  );
const text = 'Zoë went to market. '.repeat(5000);

describe.each([
  ['gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
  ['deflate-raw', deflateRawSync, inflateRawSync],
] as const)('%s', (format, pack, unpack) => {
  it('is read', async () => {
    const given = pack(text).toString('base64');
    expect(
      valueOf(
        await run(
          `return new TextDecoder().decode(
              await through(Uint8Array.fromBase64(given), new DecompressionStream('${format}')),
            )`,
          given,
        ),
      ),
    ).toBe(text);
  });

  it('is written', async () => {
    const written = valueOf(
      await run(
        `return (await through(new TextEncoder().encode(given), new CompressionStream('${format}'))).toBase64()`,
        text,
      ),
    ) as string;
    expect(unpack(Buffer.from(written, 'base64')).toString()).toBe(text);
  });

  it('is read byte by byte', async () => {
    const given = pack('a few bytes').toString('base64');
    const body = `
      const stream = new DecompressionStream('${format}');
      const writer = stream.writable.getWriter();
      const out = bytesOf(stream.readable);
      for (const byte of Uint8Array.fromBase64(given)) await writer.write(Uint8Array.of(byte));
      await writer.close();
      return new TextDecoder().decode(await out);
    `;
    expect(valueOf(await run(body, given))).toBe('a few bytes');
  });

  it('that is cut off, followed by something, or none at all is a TypeError', async () => {
    const whole = pack('some text');
    const broken = [
      whole.subarray(0, -3),
      Buffer.concat([whole, Buffer.from('more')]),
      Buffer.from('no archive at all'),
    ].map((bytes) => bytes.toString('base64'));
    const body = `const names = [];
      for (const each of given)
        names.push(
          await through(Uint8Array.fromBase64(each), new DecompressionStream('${format}')).then(
            () => 'read',
            (error) => error.name,
          ),
        );
      return names;`;
    expect(valueOf(await run(body, broken))).toEqual(['TypeError', 'TypeError', 'TypeError']);
  });
});

describe('a stream that compresses', () => {
  it('has the shape of the standard', async () => {
    const body = `const names = [];
      for (const given of [[], ['br'], [Symbol.iterator]]) {
        try {
          new CompressionStream(...given);
        } catch (error) {
          names.push(error.name);
        }
      }
      const writer = drained(new CompressionStream('gzip'));
      names.push(
        await writer.write('text').catch((error) => error.name),
        String(new DecompressionStream('gzip')),
        CompressionStream.name,
        CompressionStream.length,
      );
      return names;`;
    expect(valueOf(await run(body))).toEqual([
      'TypeError',
      'TypeError',
      'TypeError',
      'TypeError',
      '[object DecompressionStream]',
      'CompressionStream',
      1,
    ]);
  });

  it('passes a bomb on in pieces until a limit with a name, in memory that does not grow', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 2 ** 20)).toString('base64');
    const body = `
      const stream = new DecompressionStream('gzip');
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => {});
      writer.write(Uint8Array.fromBase64(given)).catch(() => {});
      let bytes = 0;
      const reader = stream.readable.getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return 'all of it';
          bytes += value.length;
        }
      } catch (error) {
        return [error.name, error.message, bytes];
      }
    `;
    expect(valueOf(await run(body, bomb, { ...usualLimits, memoryMb: 200 }))).toEqual([
      'QuotaExceededError',
      expect.stringContaining('MAX_DECOMPRESSED_BYTES') as string,
      64 * 2 ** 20,
    ]);
  });

  it('is billed to the run', async () => {
    const body = `const bytes = crypto.getRandomValues(new Uint8Array(65536));
      for (;;) await through(new Blob([bytes]), new CompressionStream('gzip'))`;
    const outcome = await run(body, null, { ...usualLimits, cpuMs: 300 });
    expect(endOf(outcome)).toBe('CPU_LIMIT');
    expect(outcome.usage.cpuMs).toBeGreaterThanOrEqual(300);
  });

  it('is one of a few that may be open at once', async () => {
    const body = `
      const ends = [];
      for (let i = 0; i < 20; i += 1) {
        const writer = drained(new CompressionStream('gzip'));
        ends.push(
          writer.write(new Uint8Array(1)).then(
            () => 'open',
            (error) => error.name + ' ' + error.message,
          ),
        );
      }
      return [...new Set(await Promise.all(ends.slice(16)))];
    `;
    expect(valueOf(await run(body))).toEqual([expect.stringMatching(/^QuotaExceededError .*MAX_COMPRESSION_STREAMS/)]);
  });

  it('reaches no stream of another run', async () => {
    const body = `${helpers} let kept;
      job('a', async () => {
        kept = drained(new CompressionStream('gzip'));
        await kept.write(new Uint8Array(1));
      });
      job('b', async () => { return kept.write(new Uint8Array(1)).then(() => 'written', (error) => error.name); })`;
    expect(endOf(await sandbox.run(runOf(body)))).toBe('succeeded');
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).not.toBe('written');
  });
});
