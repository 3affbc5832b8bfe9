import { longestRunMs } from '@annex/limits';
import { createHash, randomBytes } from 'node:crypto';
import { idFromUuid, newId, uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import type { Manifest } from '@annex/manifest';
import type { Bundle, Sandbox } from '@annex/sandbox';
import type { TestDatabase } from './test-database.js';

/** A plugin to be written straight into the database, past upload and its checks. */
export interface WrittenPlugin {
  /** The entry's JavaScript; the SDK's exports (`route`, `hook`, `job`, …) are there as names. */
  code: string;
  slug?: string;
  version?: string;
  /** On top of a manifest that asks for nothing. */
  manifest?: Partial<Manifest>;
  /** Default: everything that the manifest asks for. */
  granted?: Manifest['permissions'];
  config?: JsonObject;
  /** Default: `enabled`. */
  status?: string;
}

const sdkNames =
  'hook, route, job, filter, health, onInstall, onConfigChange, onReload, onShutdown, NonRetryable, RetryAfter';

/** The script that a package with this entry would be bundled into. */
export function scriptOf(code: string): Bundle {
  const text = `(function (annexSdk) { const { ${sdkNames} } = annexSdk;\n${code}\n})`;
  return { code: text, sha256: createHash('sha256').update(text).digest('hex') };
}

const emptyManifest: Omit<Manifest, 'slug' | 'name' | 'version'> = {
  description: null,
  author: null,
  repoUrl: null,
  entry: 'main.js',
  permissions: [],
  routes: true,
  events: [],
  filters: [],
  jobs: [],
  http: { allow: [] },
  secrets: [],
  config: null,
  // As much as an operator can give, so that a busy machine ends no run by the ceiling that a test raised.
  limits: { memoryMb: null, timeoutMs: longestRunMs },
  dependencies: {},
  health: null,
  engines: { annex: null },
};

/** Writes an installation with a release that really runs. A second one of the same slug is an upgrade of the first. */
export async function writePlugin(
  db: TestDatabase,
  sandbox: Pick<Sandbox, 'inspect'>,
  tenantId: Id<'tenant'>,
  plugin: WrittenPlugin,
): Promise<{ id: Id<'installation'>; slug: string }> {
  const {
    code,
    slug = `p-${randomBytes(4).toString('hex')}`,
    version = '1.0.0',
    config = {},
    status = 'enabled',
  } = plugin;
  const bundle = scriptOf(code);
  const inspected = await sandbox.inspect(bundle, { wallMs: 60_000 });
  if (!inspected.ok) throw new Error(inspected.error.message);
  const manifest: Manifest = { ...emptyManifest, slug, name: slug, version, ...plugin.manifest };
  const tenant = uuidFromId(tenantId);
  const release = uuidFromId(newId('release'));
  const [known] = await db.sql<{ id: string }>('select id from installations where tenant_id = $1 and slug = $2', [
    tenant,
    slug,
  ]);
  const uuid = known?.id ?? uuidFromId(newId('installation'));
  const granted = JSON.stringify(
    (plugin.granted ?? manifest.permissions).map(({ name, tables, hosts }) => ({ name, tables, hosts })),
  );
  if (!known)
    await db.sql('insert into installations (tenant_id, id, slug, name) values ($1, $2, $3, $3)', [tenant, uuid, slug]);
  await db.sql('insert into blobs (tenant_id, sha256, bytes) values ($1, $2, $3) on conflict do nothing', [
    tenant,
    bundle.sha256,
    Buffer.from(bundle.code),
  ]);
  await db.sql(
    `insert into releases (tenant_id, id, installation_id, version, sha256, manifest, registrations, bundle_sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      tenant,
      release,
      uuid,
      version,
      randomBytes(32).toString('hex'),
      JSON.stringify(manifest),
      JSON.stringify(inspected.registrations),
      bundle.sha256,
    ],
  );
  await db.sql(
    'update installations set release_id = $3, status = $4, granted = $5, config = $6 where tenant_id = $1 and id = $2',
    [tenant, uuid, release, status, granted, JSON.stringify(config)],
  );
  await db.sql(`select annex_changed($1, 'plugins')`, [tenant]);
  return { id: idFromUuid('installation', uuid), slug };
}
