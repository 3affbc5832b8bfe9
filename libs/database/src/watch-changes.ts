import { idFromUuid, type Id } from '@annex/kernel';
import type { Database } from './database.js';

/** Something of a tenant that caches hold was changed, in this process or another. */
export interface Change {
  tenantId: Id<'tenant'>;
  what: string;
}

/**
 * Hears of every committed change that was announced with `tx.changed(what)`, until the answered function is called.
 * `null`: the connection was lost for a while, so anything may have changed.
 */
export function watchChanges(
  database: Pick<Database, 'listen'>,
  handler: (change: Change | null) => void,
): Promise<() => void> {
  return database.listen('annex_changed', (payload) => handler(payload === null ? null : readChange(payload)));
}

function readChange(payload: string): Change | null {
  try {
    const { tenant, what } = JSON.parse(payload) as { tenant: string; what: string };
    return { tenantId: idFromUuid('tenant', tenant), what };
  } catch {
    // What cannot be read may have meant anything.
    return null;
  }
}
