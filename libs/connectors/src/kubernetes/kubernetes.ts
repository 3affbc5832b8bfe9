/**
 * What happens in a Kubernetes cluster: pods that restart, run out of memory, wait or fail a probe, and objects of any
 * kind as they change. Asked by plain HTTPS: a list, a watch, and nothing else of the API.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { Connector, ConnectorBatch, OpenConnection } from '../connector.js';
import { Inbox } from '../inbox.js';
import { fitting } from '../payload.js';
import { ApiServer } from './api-server.js';
import { follow, metadataOf, uidOf, type ChangeKind, type Step } from './follow.js';
import { podEvents, probeEvents } from './pods.js';
import { readSettings, type KubernetesSettings } from './settings.js';

/** The connector of sources of type `kubernetes`. */
export const kubernetes: Connector = {
  type: 'kubernetes',
  open: (connection) => watchCluster(connection),
  async check({ with: given, dial, signal }) {
    const { cluster, watched } = readSettings(given);
    const server = new ApiServer(cluster, dial);
    for (const { path } of watched) await server.get({ path, query: { limit: '1' }, signal });
  },
};

/** How often a place is written down at which nothing happened: objects change all the time without telling much. */
const quietMs = 2000;

/** Steps that wait here; then the watches are read no further. */
const inboxSteps = 100;

async function* watchCluster(connection: OpenConnection): AsyncGenerator<ConnectorBatch> {
  const { dial, signal, warn } = connection;
  const settings = readSettings(connection.with);
  const place = placeOf(connection.cursor, settings);
  const inbox = new Inbox<Step>(inboxSteps);
  const ending = new AbortController();
  const stop = (): void => {
    inbox.close();
    ending.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const server = new ApiServer(settings.cluster, dial);
  const following = settings.watched.map((watched) =>
    follow({
      ...{ server, settings, watched, signal: ending.signal, warn },
      version: place.versions[watched.name],
      give: (step) => inbox.put(step),
    }).catch((thrown: unknown) => inbox.close({ thrown })),
  );
  try {
    if (Object.keys(place.versions).length > 0) yield { events: [] };
    yield* batches(inbox, place, { settings, server });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await Promise.all(following);
  }
}

/**
 * Where a source stands: what happened before `sinceMs` is not told (`undefined`: the cluster has not said what time it
 * is there), and where each kind goes on.
 */
interface Place {
  sinceMs: number | undefined;
  versions: Record<string, string>;
}

function placeOf(cursor: Json, { watched }: KubernetesSettings): Place {
  const place: Place = { sinceMs: undefined, versions: {} };
  if (!isJsonObject(cursor)) return place;
  const { since, versions = null } = cursor;
  if (typeof since === 'string' && !Number.isNaN(Date.parse(since))) place.sinceMs = Date.parse(since);
  if (isJsonObject(versions))
    for (const { name } of watched) if (typeof versions[name] === 'string') place.versions[name] = versions[name];
  return place;
}

/** What is there is taken together; what is not there is not waited for. */
async function* batches(
  inbox: Inbox<Step>,
  place: Place,
  { settings, server }: { settings: KubernetesSettings; server: ApiServer },
): AsyncGenerator<ConnectorBatch> {
  let writtenMs = -Infinity;
  let { sinceMs } = place;
  for (;;) {
    const events: JsonObject[] = [];
    do {
      const step = await inbox.take();
      if (step === undefined) return;
      sinceMs ??= server.nowMs - settings.lookbackMs;
      const isFirst = step.isList === true && place.versions[step.watched.name] === undefined;
      for (const { kind, object } of step.changes)
        events.push(...eventsOf({ kind, object, isFirst }, step, { sinceMs, settings }));
      if (step.version !== undefined && step.version !== '') place.versions[step.watched.name] = step.version;
      // A page of a list is more than an event a change.
      while (events.length > sourceLimits.batchEvents) yield { events: events.splice(0, sourceLimits.batchEvents) };
    } while (!inbox.isEmpty && events.length < sourceLimits.batchEvents);
    const nowMs = performance.now();
    if (events.length === 0 && nowMs - writtenMs < quietMs) continue;
    writtenMs = nowMs;
    yield { events, cursor: { since: new Date(sinceMs).toISOString(), versions: { ...place.versions } } };
  }
}

function eventsOf(
  { kind, object, isFirst }: { kind: ChangeKind; object: JsonObject; isFirst: boolean },
  { watched }: Step,
  { sinceMs, settings }: { sinceMs: number; settings: KubernetesSettings },
): JsonObject[] {
  const { names, initial } = settings;
  switch (watched.as) {
    case 'pods':
      return podEvents(object, { names, sinceMs });
    case 'events':
      return kind === 'deleted' ? [] : probeEvents(object, { names, sinceMs });
    case 'objects':
      return isFirst && !initial ? [] : [objectEvent(kind, object)];
  }
}

/** An object's version is an event of its own; it ends once. */
function objectEvent(kind: ChangeKind, object: JsonObject): JsonObject {
  const { name, namespace, resourceVersion } = metadataOf(object);
  const { kind: said = null, apiVersion = null } = object;
  const subject = [said, namespace, name].filter((part) => typeof part === 'string' && part !== '').join('/');
  const around: JsonObject = {
    kind: said,
    api_version: apiVersion,
    name: name ?? null,
    namespace: namespace ?? null,
    uid: uidOf(object),
  };
  return {
    id: `${uidOf(object)}/${kind === 'deleted' ? 'deleted' : resourceVersion}`,
    type: `kubernetes.${kind}`,
    subject: subject === '' ? null : subject.slice(0, 256),
    data: fitting({ ...around, object: withoutNoise(object) }, { ...around, object: null }),
  };
}

/** Who wrote which field is most of an object, and nobody's business here. */
function withoutNoise(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = metadataOf(object);
  return { ...object, metadata };
}
