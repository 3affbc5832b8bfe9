import type { JsonObject } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { PermissionGrant } from '@annex/host-api';
import type { InstallationStatus, PluginLogLevel } from '@annex/installations';
import type { Manifest, WebhookDefinition } from '@annex/manifest';
import type { Registration } from '@annex/sandbox';

/** What `buildSnapshot` makes a snapshot from. */
export interface SnapshotRow {
  tenant_slug: string;
  tenant_name: string;
  id: string;
  slug: string;
  status: InstallationStatus;
  status_reason: string | null;
  log_level: PluginLogLevel;
  /** Left out or `null`: nobody has it recorded. */
  recording_until?: Date | null;
  granted: PermissionGrant[];
  config: JsonObject;
  release_id: string;
  version: string;
  manifest: Manifest;
  registrations: Registration[];
  bundle_sha256: string;
  source_map_sha256: string | null;
  /** The `secrets` of the release that shall take over; `null`, or left out: there is none. */
  next_secrets?: Manifest['secrets'] | null;
  /** Left out: none. */
  webhooks?: WebhookDefinition[];
  transforms_sha256?: string | null;
}

/**
 * Reads an installation and its active release; `undefined` when there is none. `by`: a slug, or the installation's
 * UUID. `release: 'next'`: with the release that shall take over in the place of the active one.
 */
export async function readSnapshotRow(
  tx: TenantTransaction,
  by: { slug: string } | { uuid: string },
  release: 'active' | 'next' = 'active',
): Promise<SnapshotRow | undefined> {
  const [row] = await tx.query<SnapshotRow>(
    `select t.slug as tenant_slug, t.name as tenant_name, i.id, i.slug, i.status, i.status_reason,
       i.log_level, i.recording_until, i.granted, i.config, r.id as release_id,
       n.manifest->'secrets' as next_secrets,
       r.version, r.manifest, r.registrations, r.bundle_sha256, r.source_map_sha256, r.webhooks, r.transforms_sha256
     from installations i
     join tenants t on t.id = i.tenant_id
     join releases r on r.tenant_id = i.tenant_id and r.id = i.${release === 'next' ? 'next_release_id' : 'release_id'}
     left join releases n on n.tenant_id = i.tenant_id and n.id = i.next_release_id
     where i.tenant_id = $1 and ${'slug' in by ? 'i.slug = $2' : 'i.id = $2::uuid'}`,
    [tx.tenantUuid, 'slug' in by ? by.slug : by.uuid],
  );
  return row;
}

/** The slugs of a tenant's enabled installations that take part in filters. */
export async function readFilterSlugs(tx: TenantTransaction): Promise<string[]> {
  const rows = await tx.query<{ slug: string }>(
    `select i.slug from installations i join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1 and i.status = 'enabled' and json_array_length(r.manifest -> 'filters') > 0
     order by i.slug`,
    [tx.tenantUuid],
  );
  return rows.map(({ slug }) => slug);
}

/** The slugs of a tenant's installations that read a tenant-wide secret: declared, with no value of their own. */
export async function readSlugsReadingSecret(tx: TenantTransaction, name: string): Promise<string[]> {
  const rows = await tx.query<{ slug: string }>(
    `select i.slug from installations i join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1
       and exists (select 1 from json_array_elements(r.manifest -> 'secrets') declared where declared ->> 'name' = $2)
       and not exists (select 1 from secrets own
       where own.tenant_id = i.tenant_id and own.installation_id = i.id and own.name = $2)
     order by i.slug`,
    [tx.tenantUuid, name],
  );
  return rows.map(({ slug }) => slug);
}
