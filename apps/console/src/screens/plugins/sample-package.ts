/** A plugin to begin with, as the ZIP that anybody would upload. */

const manifest = {
  slug: 'hello-annex',
  name: 'Hello Annex',
  version: '1.0.0',
  description: 'A route, a job and an event to learn from',
  entry: 'main.ts',
  routes: true,
  events: ['hello.greeted'],
  jobs: [{ name: 'count_greetings', schedule: '@hourly' }],
  config: {
    type: 'object',
    properties: { greeting: { type: 'string', title: 'How people are greeted', default: 'Hello' } },
  },
};

const code = `import { hook, job, route } from '@annex/sdk';

route('/hello/:name', async (ctx) => {
  const text = \`\${ctx.config.greeting}, \${ctx.params.name}!\`;
  await ctx.emit('hello.greeted', { name: ctx.params.name });
  return { text };
});

hook('hello.greeted', async (ctx, event) => {
  const total = await ctx.kv.incr('greetings');
  ctx.log.info('somebody was greeted', { name: event.data.name, total });
  return { total };
});

job('count_greetings', async (ctx) => {
  const total = (await ctx.kv.get('greetings')) ?? 0;
  ctx.log.info('counted', { total });
  return { total };
});
`;

/** The package as a file. */
export function samplePackage(): File {
  const bytes = zipOf([
    ['plugin.json', JSON.stringify(manifest, null, 2)],
    ['main.ts', code],
  ]);
  return new File([bytes], 'hello-annex.zip', { type: 'application/zip' });
}

/** A ZIP of texts, stored as they are (APPNOTE 6.3.10). Browsers have no writer of their own. */
export function zipOf(files: readonly (readonly [name: string, text: string])[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const [path, data] = [encoder.encode(name), encoder.encode(text)];
    const common = headerOf(path.length, data);
    const local = joined([numbers([0x04034b50, 4]), common, path, data]);
    // Made by a Unix: the file is a regular one that its owner may write.
    const attributes = numbers([0, 2], [0, 2], [0, 2], [(0o100644 << 16) >>> 0, 4], [offset, 4]);
    central.push(joined([numbers([0x02014b50, 4], [0x0314, 2]), common, attributes, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = joined(central);
  const end = numbers(
    [0x06054b50, 4],
    [0, 4],
    [files.length, 2],
    [files.length, 2],
    [directory.length, 4],
    [offset, 4],
    [0, 2],
  );
  return joined([...locals, directory, end]);
}

/** What the local and the central header share: needed version, UTF-8 names, stored, 1 January 2026, sizes. */
function headerOf(nameLength: number, data: Uint8Array): Uint8Array {
  const date = ((2026 - 1980) << 9) | (1 << 5) | 1;
  return numbers(
    [20, 2],
    [0x0800, 2],
    [0, 2],
    [0, 2],
    [date, 2],
    [crc32(data), 4],
    [data.length, 4],
    [data.length, 4],
    [nameLength, 2],
    [0, 2],
  );
}

function numbers(...values: [value: number, bytes: 2 | 4][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.reduce((total, [, bytes]) => total + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
