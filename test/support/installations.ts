import { randomBytes } from 'node:crypto';
import { newId, newUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { TestDatabase } from './test-database.js';

/**
 * An installation written straight into the database, for suites that need one to exist and none of its code to run.
 */
export interface TestInstallation {
  tenantId: Id<'tenant'>;
  id: Id<'installation'>;
  slug: string;
}

/**
 * Makes an installation with an active release whose manifest holds `jobs` (as libs/manifest's `ManifestJob`). Enabled
 * unless told.
 */
export async function makeInstallation(
  db: TestDatabase,
  tenantId: Id<'tenant'>,
  {
    status = 'enabled',
    jobs = [],
    slug = `p-${randomBytes(4).toString('hex')}`,
  }: { status?: string; jobs?: Json[]; slug?: string } = {},
): Promise<TestInstallation> {
  const id = newId('installation');
  const release = newUuid();
  const tenant = uuidFromId(tenantId);
  await db.sql(`insert into installations (tenant_id, id, slug, name, status) values ($1, $2, $3, $3, $4)`, [
    tenant,
    uuidFromId(id),
    slug,
    status,
  ]);
  await db.sql(
    `insert into releases (tenant_id, id, installation_id, version, sha256, manifest, registrations, bundle_sha256)
     values ($1, $2, $3, '1.0.0', $4, $5, '[]', '')`,
    [
      tenant,
      release,
      uuidFromId(id),
      randomBytes(32).toString('hex'),
      JSON.stringify({ slug, name: slug, version: '1.0.0', entry: 'main.ts', jobs }),
    ],
  );
  await db.sql(`update installations set release_id = $3 where tenant_id = $1 and id = $2`, [
    tenant,
    uuidFromId(id),
    release,
  ]);
  return { tenantId, id, slug };
}

/** Subscribes an installation's handler to a pattern. */
export async function subscribe(
  db: TestDatabase,
  installation: TestInstallation,
  pattern: string,
  ordinal = 0,
  policy: object = {},
): Promise<void> {
  await db.sql(
    `insert into subscriptions (tenant_id, installation_id, pattern, ordinal, plugin, policy)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      uuidFromId(installation.tenantId),
      uuidFromId(installation.id),
      pattern,
      ordinal,
      installation.slug,
      JSON.stringify(policy),
    ],
  );
}
