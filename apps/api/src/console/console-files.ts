/** The files of the console as its build left them, each also compressed. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file as it is sent. */
export interface ConsoleFile {
  type: string;
  bytes: Buffer;
  /** By the name that `Content-Encoding` has for it. */
  encoded: Partial<Record<Encoding, Buffer>>;
}

export type Encoding = 'br' | 'gzip';

const suffixes: readonly [suffix: string, encoding: Encoding][] = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
];
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

/** The files below a folder by their path in it. All are kept in memory: they are few, and fit together. */
export async function readConsoleFiles(folder: string): Promise<Map<string, ConsoleFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ''));
  const files = new Map<string, ConsoleFile>();
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const encoded: ConsoleFile['encoded'] = {};
    for (const [suffix, encoding] of suffixes)
      if (names.includes(name + suffix)) encoded[encoding] = await readFile(join(folder, name + suffix));
    files.set(name, { type, bytes: await readFile(join(folder, name)), encoded });
  }
  return files;
}

/** The encoding to send, of those that there are: the smallest that the reader takes (RFC 9110 §12.5.3). */
export function chooseEncoding(file: ConsoleFile, acceptEncoding: string | undefined): Encoding | undefined {
  const accepted = new Map(
    (acceptEncoding ?? '').split(',').map((part): [string, boolean] => {
      const [name = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
      return [name, !parameters.some((each) => /^q=0(\.0*)?$/.test(each))];
    }),
  );
  return suffixes.map(([, encoding]) => encoding).find((each) => file.encoded[each] && accepted.get(each) === true);
}
