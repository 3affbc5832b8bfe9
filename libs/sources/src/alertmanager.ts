/**
 * What an Alertmanager sends (prometheus.io, "Alertmanager: webhook_config", version 4), as events: one for each alert
 * and each of its states. It sends a group again and again while it fires; the ids make that one event.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { EventSeverity } from '@annex/events';

const severities: Readonly<Record<string, EventSeverity>> = {
  critical: 'critical',
  page: 'critical',
  error: 'error',
  warning: 'warning',
  info: 'info',
  none: 'debug',
  debug: 'debug',
};

export type AlertEvent = JsonObject & { type: `alert.${'firing' | 'resolved'}` };

/** The events of a notification; a text: why it is none. */
export function alertEvents(body: Json): AlertEvent[] | string {
  const notification = isJsonObject(body) ? body : {};
  const { alerts, receiver = null, externalURL = null } = notification;
  if (!Array.isArray(alerts)) return 'The body is no notification of an Alertmanager: it has no list "alerts".';
  const events: AlertEvent[] = [];
  for (const [index, alert] of alerts.entries()) {
    const event = isJsonObject(alert) ? alertEvent(alert, { receiver, external_url: externalURL }) : undefined;
    if (event === undefined)
      return `alerts[${index}] has no "status" of firing or resolved, no "fingerprint" or no "startsAt".`;
    events.push(event);
  }
  return events;
}

function alertEvent(alert: JsonObject, more: JsonObject): AlertEvent | undefined {
  const { status, fingerprint, startsAt, endsAt = null, generatorURL = null } = alert;
  const labels = isJsonObject(alert['labels']) ? alert['labels'] : {};
  const annotations = isJsonObject(alert['annotations']) ? alert['annotations'] : {};
  if ((status !== 'firing' && status !== 'resolved') || typeof fingerprint !== 'string' || typeof startsAt !== 'string')
    return undefined;
  const name = typeof labels['alertname'] === 'string' && labels['alertname'] !== '' ? labels['alertname'] : null;
  const said = typeof labels['severity'] === 'string' ? severities[labels['severity'].toLowerCase()] : undefined;
  return {
    id: `${fingerprint}/${startsAt}/${status}`,
    type: `alert.${status}`,
    subject: name?.slice(0, 256) ?? null,
    severity: status === 'resolved' ? 'info' : (said ?? 'warning'),
    data: {
      alertname: name,
      status,
      fingerprint,
      labels,
      annotations,
      starts_at: startsAt,
      ends_at: endsAt,
      generator_url: generatorURL,
      ...more,
    },
  };
}
