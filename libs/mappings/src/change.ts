/** Changes of the mappings in force: one after another, and within the tenant's bounds. */
import type { TenantTransaction } from '@annex/database';
import type { Id } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { mappingErrors } from './errors.js';
import { countMappings, forgetStates, upsertMapping, type MappingContent } from './rows/mappings.js';

/** Puts a mapping in force. Throws `MAPPING_LIMIT`. Answers whether it is new. */
export async function putInForce(
  tx: TenantTransaction,
  content: MappingContent,
  by: { owner?: { installationId: Id<'installation'>; plugin: string }; actor: string | null },
): Promise<boolean> {
  const isNew = await upsertMapping(tx, content, by);
  await refuseTooMany(tx);
  const { name, definition } = content;
  await forgetStates(tx, name, {
    rules: definition.rules.filter(({ dedupe }) => dedupe !== null).map((rule) => `${name}/${rule.name}`),
    correlations: definition.correlations.map((rule) => `${name}/${rule.name}`),
  });
  return isNew;
}

/** Forgets all that is remembered for a mapping that is gone. */
export function forgetMapping(tx: TenantTransaction, name: string): Promise<void> {
  return forgetStates(tx, name, { rules: [], correlations: [] });
}

async function refuseTooMany(tx: TenantTransaction): Promise<void> {
  const counts = await countMappings(tx);
  for (const what of ['mappings', 'rules', 'correlations'] as const) {
    if (counts[what] <= mappingLimits[what]) continue;
    throw mappingErrors.error(
      'MAPPING_LIMIT',
      `There would be ${counts[what]} ${what} in force here; the limit is ${mappingLimits[what]}. Delete some, or ` +
        'disable a plugin that brings mappings.',
      { extra: { limit: mappingLimits[what] } },
    );
  }
}
