import type { Event } from '@annex/client';

type Reason = NonNullable<Event['suppressed_by']>['reason'];

/** Why a mapping gives an event to nobody, in a few words. */
export const keptBack: Readonly<Record<Reason, string>> = {
  window: 'counted only',
  silence: 'silenced',
  resolved: 'over already',
  unmapped: 'unmapped',
};

/** The same as a sentence. */
export const whyKeptBack: Readonly<Record<Reason, string>> = {
  window: 'Its alert fires already, and its window lets no further one through.',
  silence: 'Its alert is silenced.',
  resolved: 'Its alert is over already.',
  unmapped: 'No rule takes it, and the mapping says “unmapped: drop”.',
};
