import { DAY, type Clock, type Id } from '@annex/kernel';
import { addLlmTokens, reserveLlmTokens } from './rows/llm-days.js';
import type { Database } from '@annex/database';
import { llmErrors } from './errors.js';

export interface DailyBudgetOptions {
  database: Pick<Database, 'forTenant'>;
  clock: Clock;
  /** Tokens of a tenant in a UTC day. `undefined`: no cap, and nothing is counted here. */
  maxTokens: number | undefined;
}

/** Tokens set aside for one call. */
export interface Reservation {
  /** Sets the count right: what the call really used. */
  settle(usedTokens: number): Promise<void>;
}

const nothing: Reservation = { settle: () => Promise.resolve() };

/**
 * Sets tokens aside for a call: as many as it is expected to use, or what is left of the day. Throws `RATE_LIMITED`
 * when nothing is. A process that is killed leaves its reservations counted.
 */
export async function reserve(
  { database, clock, maxTokens }: DailyBudgetOptions,
  tenantId: Id<'tenant'>,
  expected: number,
): Promise<Reservation> {
  if (maxTokens === undefined) return nothing;
  const now = clock.now();
  const day = new Date(now).toISOString().slice(0, 10);
  const scope = database.forTenant(tenantId);
  const reserved = await scope.transaction((tx) => reserveLlmTokens(tx, { day, tokens: expected, max: maxTokens }));
  if (reserved === 0) {
    throw llmErrors.error(
      'RATE_LIMITED',
      `This tenant used its ${maxTokens} language model tokens of the day, which is the operator's limit ` +
        `(ANNEX_LLM_DAILY_TOKENS). It counts anew from 00:00 UTC; a key of the tenant's own (the secret LLM_API_KEY) ` +
        'is not limited.',
      {
        retryAfterS: Math.ceil((DAY - (now % DAY)) / 1000),
      },
    );
  }
  return {
    settle: async (usedTokens) => {
      if (usedTokens !== reserved)
        await scope.transaction((tx) => addLlmTokens(tx, { day, tokens: usedTokens - reserved }));
    },
  };
}
