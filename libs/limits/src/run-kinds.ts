/** What a run is for. */
export const runKinds = ['route', 'event', 'job', 'webhook', 'filter', 'lifecycle', 'source'] as const;

/** One of {@link runKinds}. */
export type RunKind = (typeof runKinds)[number];
