/** How long things are kept, in days (docs/configuration.md, "The database"). */
export type Retention = Record<keyof typeof defaultRetention, number>;

/** How long things are kept. */
export const defaultRetention = {
  /** Runs, and their events. */
  runsDays: 30,
  /** Log lines. */
  logsDays: 14,
  /** Runs that failed, and their events. */
  failedDays: 90,
  /** A tenant's audit. */
  auditDays: 365,
  /** What operators did to tenants, which outlives these. */
  platformAuditDays: 3650,
} as const;
