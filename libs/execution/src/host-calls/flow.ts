import {
  eventNameFault,
  eventSources,
  isReservedEventName,
  isReservedSource,
  readLabels,
  reservationOf,
  type EventLabels,
} from '@annex/events';
import type { HostHandlers } from '@annex/host-api';
import { maxEmitDepth } from '@annex/limits';
import { didYouMean, newId, quote, systemClock, type Clock, type InputFault, type JsonObject } from '@annex/kernel';
import { outcomeErrors, type EmitEvent, type NewEvent } from '@annex/runs';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { JobStart, StartJob } from './ports.js';
import type { RunEffect, RunIdentity } from './run-identity.js';

export interface FlowOptions {
  database: Pick<Database, 'forTenant'>;
  emit: EmitEvent;
  startJob: StartJob;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[] | undefined;
  /** Default: the machine's own. */
  clock?: Clock;
}

/**
 * `ctx.emit` and `ctx.jobs.runNow`. In a background run both take effect in the transaction that ends the run well: a
 * run that fails, or is repeated after a crash, has emitted nothing, so nothing happens twice. Where somebody waits (a
 * route, a filter) they take effect at once.
 */
export function flowHandlers({
  database,
  emit,
  startJob,
  reservedEvents = [],
  clock = systemClock,
}: FlowOptions): Pick<HostHandlers<RunIdentity>, 'emit' | 'jobs.runNow'> {
  async function take(identity: RunIdentity, effect: RunEffect): Promise<void> {
    if (identity.effects) identity.effects.push(effect);
    else await database.forTenant(identity.snapshot.tenantId).transaction(effect);
  }

  return {
    emit: async ([type, data, options], { identity }) => {
      const { snapshot, runId } = identity;
      const { depth } = identity.cause;
      checkEvent(type, options?.source, reservedEvents);
      identity.checkName(type, 'The type of ctx.emit');
      if (options?.id !== undefined) identity.checkName(options.id, 'The id of ctx.emit');
      const subject = identity.mask(options?.subject ?? null, 'The subject of ctx.emit');
      const labels = checkLabels(options ?? {}, identity);
      const source = identity.mask(options?.source ?? eventSources.plugin(snapshot.slug), 'The source of ctx.emit');
      checkDepth(depth + 1);
      identity.noteUse('emitDepth', depth + 1);
      const event: NewEvent & { id: string } = {
        id: options?.id ?? newId('event'),
        type,
        source: String(source),
        subject: subject === null ? null : String(subject),
        data: identity.mask(data, `ctx.emit(${quote(type)})`),
        time: new Date(clock.now()).toISOString(),
        depth: depth + 1,
        runId,
        ...labels,
      };
      await take(identity, async (tx) => {
        await emit(tx, event);
      });
      return { event_id: event.id };
    },
    'jobs.runNow': async ([name, payload], { identity }) => {
      const { snapshot, cause } = identity;
      const job = snapshot.manifest.jobs.find((each) => each.name === name);
      if (!job) {
        const names = snapshot.manifest.jobs.map((each) => each.name);
        throw executionErrors.error(
          'JOB_UNKNOWN',
          `This plugin's manifest has no job ${quote(name)}.${didYouMean(name, names)} ctx.jobs.runNow starts the ` +
            `plugin's own jobs only.`,
        );
      }
      const start: JobStart = {
        runId: newId('run'),
        installationId: snapshot.installationId,
        plugin: snapshot.slug,
        job,
        payload: identity.mask(payload, `ctx.jobs.runNow(${quote(name)})`),
        depth: cause.depth,
        startedBy: identity.runId,
      };
      let status = 'queued';
      await take(identity, async (tx) => {
        ({ status } = await startJob(tx, start));
      });
      return { run_id: start.runId, status };
    },
  };
}

function checkDepth(depth: number): void {
  if (depth <= maxEmitDepth) return;
  throw outcomeErrors.error(
    'EMIT_DEPTH',
    `This event would be ${depth} emits deep; the limit is ${maxEmitDepth}. Look for handlers that cause each ` +
      `other's events.`,
  );
}

/** The labels of an event, masked. A tag in which a secret stood would be another tag, so that is refused. */
function checkLabels({ severity, tags, attributes }: Given, identity: RunIdentity): EventLabels {
  const faults: InputFault[] = [];
  const given = { severity: severity ?? null, tags: tags ?? null, attributes: attributes ?? null };
  const labels = readLabels(given, faults);
  const [fault] = faults;
  if (fault) throw executionErrors.error('EVENT_REFUSED', `ctx.emit: ${fault.pointer.slice(1)} ${fault.detail}`);
  for (const tag of labels.tags) identity.checkName(tag, 'A tag of ctx.emit');
  for (const name of Object.keys(labels.attributes)) identity.checkName(name, 'An attribute of ctx.emit');
  return {
    ...labels,
    attributes: identity.mask(labels.attributes, 'The attributes of ctx.emit') as EventLabels['attributes'],
  };
}

interface Given {
  severity?: string | undefined;
  tags?: string[] | undefined;
  attributes?: JsonObject | undefined;
}

function checkEvent(type: string, source: string | undefined, reservedEvents: readonly string[]): void {
  const fault = eventNameFault(type);
  if (fault) throw executionErrors.error('EVENT_REFUSED', `ctx.emit: ${fault.detail}`);
  if (isReservedEventName(type)) {
    throw executionErrors.error(
      'EVENT_REFUSED',
      `ctx.emit: ${quote(type)} is the platform's own; plugins cannot speak for it. Choose a name of your own, ` +
        `such as ${quote(`my.${type}`)}.`,
    );
  }
  const pattern = reservationOf(type, reservedEvents);
  if (pattern !== undefined) {
    throw executionErrors.error(
      'EVENT_REFUSED',
      `ctx.emit: ${quote(type)} is reserved by the operator of this Annex (${quote(pattern)} of ` +
        'ANNEX_RESERVED_EVENTS); no plugin may emit it. Choose another name.',
    );
  }
  if (source !== undefined && isReservedSource(source)) {
    throw executionErrors.error(
      'EVENT_REFUSED',
      'ctx.emit: a source may not begin with "annex:", which names the platform and its plugins. Leave it out to ' +
        'be named yourself.',
    );
  }
}
