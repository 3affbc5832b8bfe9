import type { HostHandlers } from '@annex/host-api';
import { quote, type Clock, type Id, type Json } from '@annex/kernel';
import { analyticsLimits } from '@annex/limits';
import { trackedNames } from '../rows/tracked.js';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { RunIdentity } from './run-identity.js';

/** Installations whose names are remembered. */
const maxInstallations = 5_000;

/** Takes counts on their way into the tenant's usage. */
export interface TrackPort {
  track(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    entry: { name: string; sums: Readonly<Record<string, number>> },
  ): void;
}

export interface AnalyticsOptions {
  database: Pick<Database, 'forTenant'>;
  counts: TrackPort;
  clock: Clock;
}

/**
 * `ctx.analytics.track`: counts names by day, and sums the numeric properties given with them; other properties are not
 * kept. In a background run it counts when the run has ended well, so that a repeated attempt does not count twice.
 */
export function analyticsHandlers({
  database,
  counts,
  clock,
}: AnalyticsOptions): Pick<HostHandlers<RunIdentity>, 'analytics.track'> {
  const known = new Map<Id<'installation'>, Promise<{ day: string; names: Set<string> }>>();

  async function namesToday({ snapshot: { tenantId, installationId } }: RunIdentity): Promise<Set<string>> {
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    const held = await known.get(installationId)?.catch(() => undefined);
    if (held?.day === day) return held.names;
    const reading = database
      .forTenant(tenantId)
      .transaction(async (tx) => ({ day, names: new Set(await trackedNames(tx, { installationId, day })) }));
    known.set(installationId, reading);
    reading.catch(() => known.delete(installationId));
    for (const oldest of known.keys()) if (known.size > maxInstallations) known.delete(oldest);
    return (await reading).names;
  }

  return {
    'analytics.track': async ([name, props], { identity }) => {
      identity.checkName(name, 'The name of ctx.analytics.track');
      const sums = readSums(props ?? {}, identity);
      const names = await namesToday(identity);
      if (!names.has(name) && names.size >= analyticsLimits.names) {
        throw executionErrors.error(
          'ANALYTICS_LIMIT',
          `This plugin counted ${names.size} different names today, which is the limit (${analyticsLimits.names}); ` +
            `${quote(name)} was not counted. Put what varies into a property instead of the name.`,
        );
      }
      names.add(name);
      const { tenantId, installationId } = identity.snapshot;
      const count = (): void => counts.track(tenantId, installationId, { name, sums });
      if (identity.effects) identity.effects.push(async (tx) => void tx.afterCommit(count));
      else count();
      return null;
    },
  };
}

function readSums(props: { [key: string]: Json }, identity: RunIdentity): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [prop, value] of Object.entries(props)) {
    if (typeof value !== 'number' || prop === '') continue;
    if (prop.length > analyticsLimits.propChars)
      throw executionErrors.error(
        'ANALYTICS_LIMIT',
        `The property ${quote(prop)} has a name of ${prop.length} characters; the limit is ` +
          `${analyticsLimits.propChars}.`,
      );
    if (Math.abs(value) > analyticsLimits.amount)
      throw executionErrors.error(
        'ANALYTICS_LIMIT',
        `The property ${quote(prop)} is ${value}; amounts of at most ${analyticsLimits.amount} either way are summed.`,
      );
    identity.checkName(prop, 'A property of ctx.analytics.track');
    sums.set(prop, value);
  }
  if (sums.size > analyticsLimits.sums)
    throw executionErrors.error(
      'ANALYTICS_LIMIT',
      `The call has ${sums.size} numeric properties; the limit is ${analyticsLimits.sums}. Count less at a time.`,
    );
  return Object.fromEntries(sums);
}
