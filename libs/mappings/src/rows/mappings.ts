import { takeTurn, type TenantTransaction } from '@annex/database';
import type { MappingDefinition } from '@annex/events';
import { uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { MappingRow } from '@annex/runs';
import { MoreThan } from 'typeorm';

/** A page of mappings by name. */
export function listMappings(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<MappingRow[]> {
  return tx.repository(MappingRow).find({
    where: { tenantId: tx.tenantId, ...(after !== undefined && { name: MoreThan(after) }) },
    order: { name: 'ASC' },
    take: limit,
  });
}

export async function findMapping(tx: TenantTransaction, name: string): Promise<MappingRow | null> {
  return tx.repository(MappingRow).findOneBy({ tenantId: tx.tenantId, name });
}

/** How many there are, and what they hold together. */
export interface MappingCounts {
  mappings: number;
  rules: number;
  correlations: number;
}

export async function countMappings(tx: TenantTransaction): Promise<MappingCounts> {
  const [row] = await tx.query<MappingCounts>(
    `select count(*)::int as mappings, coalesce(sum(json_array_length(definition -> 'rules')), 0)::int as rules,
       coalesce(sum(json_array_length(definition -> 'correlations')), 0)::int as correlations
     from mappings where tenant_id = $1`,
    [tx.tenantUuid],
  );
  return row ?? { mappings: 0, rules: 0, correlations: 0 };
}

/**
 * Waits for the tenant's turn at changing mappings. Everything that keeps the rules sees from the commit on that they
 * are old.
 */
export async function beginMappingChange(tx: TenantTransaction): Promise<void> {
  await takeTurn(tx, 'mappings');
  await tx.execute(
    `insert into mapping_heads (tenant_id) values ($1)
     on conflict (tenant_id) do update set revision = gen_random_uuid()`,
    [tx.tenantUuid],
  );
}

/** What a mapping says. */
export interface MappingContent {
  name: string;
  document: JsonObject;
  definition: MappingDefinition;
}

/** Writes a mapping, whether it was there or not. Answers whether it is new. */
export async function upsertMapping(
  tx: TenantTransaction,
  { name, document, definition }: MappingContent,
  { owner, actor }: { owner?: { installationId: Id<'installation'>; plugin: string }; actor: string | null },
): Promise<boolean> {
  const [row] = await tx.query<{ created: boolean }>(
    `insert into mappings (tenant_id, name, installation_id, plugin, document, definition, created_by)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, name) do update
     set document = excluded.document, definition = excluded.definition, version = mappings.version + 1,
       installation_id = excluded.installation_id, updated_at = now()
     returning xmax = 0 as created`,
    [
      tx.tenantUuid,
      name,
      owner ? uuidFromId(owner.installationId) : null,
      owner?.plugin ?? null,
      JSON.stringify(document),
      JSON.stringify(definition),
      actor,
    ],
  );
  return row?.created ?? false;
}

export async function deleteMapping(tx: TenantTransaction, name: string): Promise<boolean> {
  const { affected } = await tx.repository(MappingRow).delete({ tenantId: tx.tenantId, name });
  return affected === 1;
}

/** Removes the mappings of an installation but for some. Answers the names of those that went. */
export async function deletePackageMappings(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  keep: readonly string[] = [],
): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `delete from mappings where tenant_id = $1 and installation_id = $2 and name <> all($3::text[]) returning name`,
    [tx.tenantUuid, uuidFromId(installationId), keep],
  );
  return rows.map(({ name }) => name);
}

/** Whether an installation has mappings in force. */
export function hasPackageMappings(tx: TenantTransaction, installationId: Id<'installation'>): Promise<boolean> {
  return tx.repository(MappingRow).existsBy({ tenantId: tx.tenantId, installationId });
}

/** Forgets what is remembered for rules and correlations of a mapping that it has no more. */
export async function forgetStates(
  tx: TenantTransaction,
  mapping: string,
  kept: { rules: readonly string[]; correlations: readonly string[] },
): Promise<void> {
  const prefix = `${mapping}/`;
  await tx.execute(
    `with alerts as (delete from event_states
       where tenant_id = $1 and starts_with(rule, $2) and rule <> all($3::text[]))
     delete from correlation_states where tenant_id = $1 and starts_with(rule, $2) and rule <> all($4::text[])`,
    [tx.tenantUuid, prefix, kept.rules, kept.correlations],
  );
}
