import type { TenantTransaction } from '@annex/database';
import { saidOf } from '@annex/quotas';

/**
 * Sets tokens of a tenant's day aside: as many as asked for, or what is left under `max` (or what the operator says of
 * this tenant alone). Answers how many; 0 when nothing is left. Two at once wait for each other.
 */
export async function reserveLlmTokens(
  tx: TenantTransaction,
  { day, tokens, max }: { /** UTC date, `2026-01-31`. */ day: string; tokens: number; max: number },
): Promise<number> {
  await tx.query('insert into llm_days (tenant_id, day, tokens) values ($1, $2::date, 0) on conflict do nothing', [
    tx.tenantUuid,
    day,
  ]);
  const [row] = await tx.query<{ tokens: string; said: string | null }>(
    `select tokens, ${saidOf('llm_tokens_per_day')} as said from llm_days where tenant_id = $1 and day = $2::date
     for update`,
    [tx.tenantUuid, day],
  );
  const reserved = Math.max(0, Math.min(tokens, Number(row?.said ?? max) - Number(row?.tokens ?? 0)));
  if (reserved > 0) await addLlmTokens(tx, { day, tokens: reserved });
  return reserved;
}

/** Adds to the tokens of a tenant's day; less than 0 gives some back. */
export async function addLlmTokens(
  tx: TenantTransaction,
  { day, tokens }: { day: string; tokens: number },
): Promise<void> {
  await tx.query('update llm_days set tokens = greatest(0, tokens + $3) where tenant_id = $1 and day = $2::date', [
    tx.tenantUuid,
    day,
    tokens,
  ]);
}
