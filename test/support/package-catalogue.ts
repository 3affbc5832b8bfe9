/** A folder of packages with a signed catalogue, as "annex catalogue build" makes one, and a web server for it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  makeKeyPair,
  packageSha256,
  readSigningKey,
  signPackage,
  writeCatalogue,
  type CatalogueContents,
  type CatalogueRelease,
  type SigningKey,
} from '../../libs/signing/src/index.js';
import { packPlugin } from './pack-plugin.js';

/** A package that does nothing. */
export interface TestPackage {
  slug: string;
  version: string;
  bytes: Uint8Array;
}

/** Packs a plugin that does nothing; `note` makes other bytes of it. */
export function emptyPackage(slug: string, version: string, note = ''): TestPackage {
  const code = `import { route } from '@annex/sdk'; route('/', () => (${JSON.stringify({ version, note })}))`;
  return { slug, version, bytes: packPlugin({ manifest: { slug, version, routes: true }, code }) };
}

/** Somebody who signs. */
export interface TestPublisher {
  key: SigningKey;
  jwk: Record<string, unknown>;
}

export async function makePublisher(publisher: string, more: Record<string, unknown> = {}): Promise<TestPublisher> {
  const pair = await makeKeyPair(publisher);
  const [jwk] = (JSON.parse(pair.publishers) as { keys: Record<string, unknown>[] }).keys;
  return { key: await readSigningKey(pair.privateKey), jwk: { ...jwk, ...more } };
}

/** Signs a package as what it is, or as something else. */
export function signatureOf(
  { slug, version, bytes }: TestPackage,
  { key }: TestPublisher,
  as: Partial<{ slug: string; version: string; sha256: string }> = {},
): Promise<string> {
  return signPackage({ slug, version, sha256: packageSha256(bytes), ...as }, key);
}

/** A folder with `publishers.json`, `catalogue.json` and packages. */
export class CatalogueFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'annex-catalogue-'));
  #serial = 0;

  get publishersFile(): string {
    return join(this.path, 'publishers.json');
  }

  get url(): string {
    return pathToFileURL(join(this.path, 'catalogue.json')).href;
  }

  /** Says whose signatures count. */
  trust(...publishers: readonly TestPublisher[]): void {
    this.write('publishers.json', JSON.stringify({ keys: publishers.map(({ jwk }) => jwk) }));
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.path, name), content);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  /** Puts packages into the folder, and a catalogue that lists them. `edit` changes what it lists of each. */
  async publish(
    by: TestPublisher,
    packages: readonly TestPackage[],
    {
      edit = () => ({}),
      ...contents
    }: Partial<CatalogueContents> & { edit?: (each: TestPackage) => Partial<CatalogueRelease> } = {},
  ): Promise<CatalogueContents> {
    const releases = packages.map((each): CatalogueRelease => {
      const { slug, version, bytes } = each;
      const url = `${slug}-${version}.zip`;
      this.write(url, bytes);
      const listed = { slug, version, sha256: packageSha256(bytes), url, publisher: String(by.jwk['publisher']) };
      return { ...listed, permissions: [], yanked: false, ...edit(each) };
    });
    this.#serial += 1;
    const dates = { issued_at: new Date().toISOString(), expires_at: new Date(Date.now() + 86_400_000).toISOString() };
    const full = { serial: this.#serial, ...dates, releases, ...contents };
    this.write('catalogue.json', await writeCatalogue(full, by.key));
    return full;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A static web server over a folder that somebody can switch off. */
export async function serveFolder(
  folder: CatalogueFolder,
): Promise<{ url: string; isDown: boolean; asked: string[]; close(): Promise<void> }> {
  const served = { url: '', isDown: false, asked: [] as string[], close: () => Promise.resolve() };
  const server = createServer(({ url = '/' }, response) => {
    served.asked.push(url);
    if (served.isDown) return void response.destroy();
    try {
      response.end(readFileSync(join(folder.path, url)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  served.close = () => {
    server.closeAllConnections();
    return new Promise((done) => void server.close(() => done()));
  };
  return served;
}
