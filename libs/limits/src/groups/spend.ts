import { HOUR, MINUTE } from '@annex/kernel';

/** The ledger that bills are made from. */
export const spendLimits = {
  /** How long after its end a UTC day is closed: what processes still hold of it is written by then. */
  graceMs: HOUR,
  /** How often it is looked whether a day can be closed. */
  lookMs: MINUTE,
  /** Days that one answer adds up. */
  days: 400,
  /** Tenants that an export reads at once. */
  tenantsAtOnce: 500,
} as const;
