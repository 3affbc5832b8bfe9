/** Signing packages, and making and checking catalogues of them (docs/catalogue.md). */
import { isAnnexError, messageOf } from '@annex/kernel';
import { manifestPath, readManifest, readPackage, type Manifest } from '@annex/manifest';
import {
  makeKeyPair,
  packageSha256,
  peekCatalogue,
  readCatalogue,
  readPublishers,
  readSigningKey,
  requireSlug,
  requireVouched,
  signPackage,
  signingErrors,
  verifyPackage,
  writeCatalogue,
  type Catalogue,
  type Publishers,
} from '@annex/signing';

/** A release as a catalogue lists it. */
export interface CatalogueRelease {
  slug: string;
  version: string;
  /** Hex SHA-256 of the archive. */
  sha256: string;
  /** Relative to the catalogue, or whole. */
  url: string;
  publisher: string;
  permissions: string[];
  yanked: boolean;
  yanked_because?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  /** The package's own signature. */
  signature?: string | undefined;
}

/** What a catalogue says. */
export interface CatalogueContents {
  /** Grows with each one that is published. */
  serial: number;
  issued_at: string;
  expires_at: string;
  releases: CatalogueRelease[];
}

/**
 * Makes a key pair as texts of JSON: `privateKey` signs and is nobody else's; `publishers` is a list with the public
 * key, as operators take it.
 * @param publisher whose key it is, as people are shown
 * @example
 * const { kid, publishers } = await makeSigningKey('Acme')
 * console.log(kid, publishers)
 */
export function makeSigningKey(publisher: string): Promise<{ kid: string; privateKey: string; publishers: string }> {
  return makeKeyPair(publisher);
}

/** A package that was signed. */
export interface SignedPackage {
  slug: string;
  version: string;
  /** Hex SHA-256 of the archive. */
  sha256: string;
  /** The key's id. */
  kid: string;
  /** A compact JWS: the field `signature` of an upload. */
  signature: string;
}

/**
 * Signs an archive as what its `plugin.json` says that it is.
 * @param privateKey the text of a private JWK
 * @throws an `Error` with the code `SIGNATURE_INVALID` for a key that is none, `PACKAGE_INVALID` for what is no package
 * @example
 * import { readFile } from 'node:fs/promises'
 *
 * const bytes = await readFile('my-plugin.zip')
 * const { signature } = await signArchive(bytes, await readFile('signing-key.json', 'utf8'))
 */
export async function signArchive(bytes: Uint8Array, privateKey: string): Promise<SignedPackage> {
  const key = await readSigningKey(privateKey);
  const { slug, version } = await manifestOf(bytes, 'The archive');
  const claim = { slug, version, sha256: packageSha256(bytes) };
  return { ...claim, kid: key.kid, signature: await signPackage(claim, key) };
}

/** A file of the folder that a catalogue is made of. */
export interface CataloguePackage {
  /** Its name in the folder, which becomes its address. */
  name: string;
  bytes: Uint8Array;
  /** Its own signature, if it has one. */
  signature?: string;
}

/** How a catalogue is made. */
export interface CatalogueTerms {
  /** The text of a private JWK. */
  privateKey: string;
  /** The text of the catalogue before: its serial is passed, and what it says of yanked releases stays. */
  previous?: string | undefined;
  /** Default: one more than the one before, or 1. */
  serial?: number | undefined;
  /** For how many days it is good. Default 30. */
  days?: number | undefined;
  /** Releases to take back: `slug@version` and why, or `true`. */
  yank?: Readonly<Record<string, string | true>>;
  /** Releases that were taken back by mistake: `slug@version`. */
  unyank?: readonly string[];
  now?: Date;
}

/**
 * Makes a signed catalogue of packages.
 * @throws an `Error` with the code `PACKAGE_INVALID`, `CATALOGUE_INVALID` or `SIGNATURE_INVALID`
 * @example
 * import { readFile } from 'node:fs/promises'
 *
 * const privateKey = await readFile('signing-key.json', 'utf8')
 * const bytes = await readFile('packages/hello-1.0.0.zip')
 * const { text } = await buildCatalogue([{ name: 'hello-1.0.0.zip', bytes }], { privateKey, days: 30 })
 */
export async function buildCatalogue(
  packages: readonly CataloguePackage[],
  { privateKey, previous, days = 30, yank = {}, unyank = [], now = new Date(), ...terms }: CatalogueTerms,
): Promise<{ text: string; contents: CatalogueContents }> {
  const key = await readSigningKey(privateKey);
  const before = previous === undefined ? undefined : peekCatalogue(previous);
  const yanked = new Map(
    (before?.releases ?? []).flatMap((each) =>
      each.yanked ? [[idOf(each), each.yanked_because ?? true] as const] : [],
    ),
  );
  for (const [id, why] of Object.entries(yank)) yanked.set(id, why);
  for (const id of unyank) yanked.delete(id);
  const releases = await Promise.all(
    packages.map(async ({ name, bytes, signature }): Promise<CatalogueRelease> => {
      const manifest = await manifestOf(bytes, name);
      const why = yanked.get(idOf(manifest));
      return {
        ...describe(manifest),
        sha256: packageSha256(bytes),
        url: encodeURIComponent(name),
        publisher: key.publisher,
        yanked: why !== undefined,
        ...(typeof why === 'string' && { yanked_because: why }),
        ...(signature !== undefined && { signature: signature.trim() }),
      };
    }),
  );
  requireKnown([...Object.keys(yank), ...unyank], releases);
  const contents: CatalogueContents = {
    serial: terms.serial ?? (before?.serial ?? 0) + 1,
    issued_at: now.toISOString(),
    expires_at: new Date(now.getTime() + days * 86_400_000).toISOString(),
    releases: releases.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1)),
  };
  return { text: await writeCatalogue(contents, key), contents };
}

/** What is wrong with one release of a catalogue. */
export interface CatalogueFault {
  slug: string;
  version: string;
  /** One of docs/errors.md. */
  code: string;
  detail: string;
}

/**
 * Checks a catalogue as an Annex would: its signature, its date, and of every package the bytes and the signature.
 * @param read gives the bytes of an address that it names
 * @throws an `Error` with a code for a catalogue that does not count as a whole
 * @example
 * import { readFile } from 'node:fs/promises'
 *
 * const { faults } = await verifyCatalogue(await readFile('packages/catalogue.json', 'utf8'), {
 *   publishers: await readFile('publishers.json', 'utf8'),
 *   read: (url) => readFile(`packages/${decodeURIComponent(url)}`),
 * })
 */
export async function verifyCatalogue(
  text: string,
  {
    publishers: list,
    read,
    now = new Date(),
  }: {
    publishers: string;
    read(url: string): Promise<Uint8Array>;
    now?: Date;
  },
): Promise<{ contents: CatalogueContents; publisher: string; faults: CatalogueFault[] }> {
  const publishers = await readPublishers(list);
  const catalogue = await readCatalogue(text, { publishers, now });
  const faults: CatalogueFault[] = [];
  for (const release of catalogue.releases) {
    const { slug, version } = release;
    try {
      await verifyRelease(release, { catalogue, publishers, read });
    } catch (thrown) {
      const code = isAnnexError(thrown) ? thrown.code : 'CATALOGUE_UNAVAILABLE';
      faults.push({ slug, version, code, detail: messageOf(thrown) });
    }
  }
  const { by, ...contents } = catalogue;
  return { contents, publisher: by.publisher, faults };
}

async function verifyRelease(
  release: CatalogueRelease,
  {
    catalogue,
    publishers,
    read,
  }: {
    catalogue: Catalogue;
    publishers: Publishers;
    read(url: string): Promise<Uint8Array>;
  },
): Promise<void> {
  const { slug, version, sha256, signature, url } = release;
  requireSlug(catalogue.by, slug);
  const bytes = await read(url);
  const found = packageSha256(bytes);
  if (found !== sha256)
    throw signingErrors.error(
      'SIGNATURE_MISMATCH',
      `The file has the sha256 ${found}, and the catalogue lists ${sha256}. Run "annex catalogue build" again.`,
    );
  const { by } = catalogue;
  const vouch =
    signature === undefined
      ? { slug, version, sha256, publisher: by.publisher, keyId: by.kid, by: 'catalogue' as const }
      : await verifyPackage(signature, { sha256, publishers });
  requireVouched(vouch, release);
  requireVouched(vouch, await manifestOf(bytes, url));
}

/** The manifest of an archive. Throws an `Error` with the code `PACKAGE_INVALID`. */
async function manifestOf(bytes: Uint8Array, name: string): Promise<Manifest> {
  const read = await readPackage(bytes);
  if (!read.ok) throw unfit(name, read.errors);
  const manifest = readManifest(read.files.get(manifestPath) ?? new Uint8Array(), { paths: [...read.files.keys()] });
  if (!manifest.ok) throw unfit(name, manifest.errors);
  return manifest.manifest;
}

function unfit(name: string, errors: readonly { pointer: string; detail: string }[]): Error {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  const why = first ? `${first.pointer} ${first.detail}${more}` : 'it has faults';
  return Object.assign(new Error(`${name} is no package: ${why.slice(0, 500)}`), { code: 'PACKAGE_INVALID' });
}

function requireKnown(named: readonly string[], releases: readonly CatalogueRelease[]): void {
  const known = new Set(releases.map(idOf));
  const unknown = named.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw signingErrors.error(
      'CATALOGUE_INVALID',
      `There is no package ${unknown.slice(0, 320)} in the folder. Name a release as slug@version; "annex ` +
        `catalogue build" lists them.`,
    );
}

function describe({
  slug,
  version,
  name,
  description,
  permissions,
}: Manifest): Pick<CatalogueRelease, 'slug' | 'version' | 'name' | 'description' | 'permissions'> {
  return {
    slug,
    version,
    name: name.slice(0, 200),
    ...(description !== null && description !== undefined && { description: description.slice(0, 2000) }),
    permissions: permissions.map((each) => each.name),
  };
}

function idOf({ slug, version }: { slug: string; version: string }): string {
  return `${slug}@${version}`;
}
