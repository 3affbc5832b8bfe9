/** What people ask of alerts: which fire, and that one be resolved or silenced. */
import { recordAct } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { isFiring, resolved } from '@annex/events';
import { pageOf, parseId, quote, readCursor, type Page, type PageRequest, type TenantActor } from '@annex/kernel';
import { endAlert, ensureRoom, insertQueued, makeResolvedEvent } from '@annex/runs';
import { mappingErrors, refuseCursor } from './errors.js';
import { databaseNowMs, findAlert, listAlerts, lockAlert, silenceAlert, type ShownAlert } from './sql/alerts.js';

/** An alert on the wire. */
export interface AlertView {
  id: string;
  status: 'firing' | 'resolved';
  /** `<mapping>/<rule>` that counts it. */
  rule: string;
  key: string;
  /** Of its events. */
  type: string;
  /** Events since it began to fire. */
  count: number;
  first_at: string;
  last_at: string;
  /** The last event of it that went through. */
  event_id: string;
  /** When it is over if nothing more comes; of a resolved one, when it is forgotten. */
  ends_at: string;
  /** Until then its events are kept back; `null`: they are not. */
  silence_ends_at: string | null;
  /** The actor who resolved it; `null`: an event or its time did, or nobody. */
  resolved_by: string | null;
}

export class Alerts {
  constructor(private readonly options: { database: Pick<Database, 'forTenant'> }) {}

  /** A page of alerts, those that began last first. */
  async list(
    caller: TenantActor,
    { status, limit, cursor }: PageRequest & { status?: 'firing' | 'resolved' | undefined },
  ): Promise<Page<AlertView>> {
    const before = readCursor(cursor, (text) => parseId('alert', text), refuseCursor);
    return this.#transaction(caller, async (tx) => {
      const rows = await listAlerts(tx, { status, limit: limit + 1, before });
      const page = pageOf(rows, { limit }, ({ id }) => id);
      const nowMs = await databaseNowMs(tx);
      return { ...page, items: page.items.map((alert) => view(alert, nowMs)) };
    });
  }

  /** One alert. Throws `ALERT_NOT_FOUND`. */
  get(caller: TenantActor, id: string): Promise<AlertView> {
    return this.#transaction(caller, async (tx) => {
      const alertId = parseId('alert', id);
      const alert = alertId && (await findAlert(tx, alertId));
      if (!alert) throw notFound(id);
      return view(alert, await databaseNowMs(tx));
    });
  }

  /**
   * Ends an alert, and tells it by an event as its time would. Throws `ALERT_NOT_FOUND`, `ALERT_ENDED`, `QUEUE_FULL`.
   */
  resolve(caller: TenantActor, id: string): Promise<AlertView> {
    return this.#transaction(caller, async (tx) => {
      const { alert, nowMs } = await this.#require(tx, id);
      await endAlert(tx, alert, caller.actor);
      const runs = await makeResolvedEvent(tx, alert);
      if (runs.length > 0) {
        await ensureRoom(tx, runs.length);
        await insertQueued(tx, runs);
      }
      const { id: target, rule, key, count } = alert;
      await recordAct(tx, caller, { action: 'alert.resolved', target, detail: { rule, key, count } });
      return view({ ...alert, ...resolved(alert, nowMs), id: alert.id, resolvedBy: caller.actor }, nowMs);
    });
  }

  /**
   * Keeps the events of an alert's key back for so many seconds, also when the alert ends and begins anew; 0: no
   * longer. Its end is told all the same. Throws `ALERT_NOT_FOUND`, `ALERT_ENDED`.
   */
  silence(caller: TenantActor, id: string, forS: number): Promise<AlertView> {
    return this.#transaction(caller, async (tx) => {
      const { alert, nowMs } = await this.#require(tx, id);
      await silenceAlert(tx, alert.id, forS);
      const { id: target, rule, key } = alert;
      await recordAct(tx, caller, { action: 'alert.silenced', target, detail: { rule, key, for_s: forS } });
      return view({ ...alert, silencedUntilMs: forS === 0 ? null : nowMs + forS * 1000 }, nowMs);
    });
  }

  /** One that fires, locked. */
  async #require(tx: TenantTransaction, id: string): Promise<{ alert: ShownAlert; nowMs: number }> {
    const alertId = parseId('alert', id);
    const alert = alertId && (await lockAlert(tx, alertId));
    if (!alert) throw notFound(id);
    const nowMs = await databaseNowMs(tx);
    if (!isFiring(alert, nowMs))
      throw mappingErrors.error('ALERT_ENDED', `${alert.id} does not fire any more, so there is nothing to change.`);
    return { alert, nowMs };
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

function notFound(id: string): Error {
  return mappingErrors.error(
    'ALERT_NOT_FOUND',
    `There is no alert ${quote(id, 80)} here; a resolved one is shown for seven days. GET /api/alerts lists them.`,
  );
}

function view(alert: ShownAlert, nowMs: number): AlertView {
  const { id, rule, key, type, count, firstMs, lastMs, endsMs, silencedUntilMs, eventId, resolvedBy } = alert;
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    ...{ id, status: isFiring(alert, nowMs) ? 'firing' : 'resolved', rule, key, type, count },
    ...{ first_at: time(firstMs), last_at: time(lastMs), event_id: eventId, ends_at: time(endsMs) },
    silence_ends_at: silencedUntilMs !== null && silencedUntilMs > nowMs ? time(silencedUntilMs) : null,
    resolved_by: resolvedBy,
  };
}
