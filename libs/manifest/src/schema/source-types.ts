/** The kinds of source: who brings its events here, and how. */
export const sourceTypes = ['poll', 'receive', 'alertmanager', 'postgres', 'mqtt', 'kubernetes', 'kafka'] as const;

/** One of {@link sourceTypes}. */
export type SourceType = (typeof sourceTypes)[number];

/** Types whose events a handler of the package returns; of the others Annex itself makes them. */
export const handledSourceTypes: ReadonlySet<string> = new Set(['poll', 'receive'] satisfies SourceType[]);

/** Types that others send requests to, at `/hooks/<tenant>/<name>`. */
export const receivingSourceTypes: ReadonlySet<string> = new Set(['receive', 'alertmanager'] satisfies SourceType[]);

/** Types whose connection Annex holds. */
export const connectedSourceTypes: ReadonlySet<string> = new Set([
  'postgres',
  'mqtt',
  'kubernetes',
  'kafka',
] satisfies SourceType[]);
