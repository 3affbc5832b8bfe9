/**
 * Follows the objects of one kind: a list, and from there a watch. A watch that the server ends goes on from the last
 * version that was seen; where the server does not remember that any more (410), the list is read again, and what is
 * there is told under the ids that it has had.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { isGone, RefusedError, UnreadableError, type ApiServer } from './api-server.js';
import type { KubernetesSettings, Watched } from './settings.js';

export type ChangeKind = 'added' | 'modified' | 'deleted';

/** A step: changes, and the version behind them once there is one to go on from. */
export interface Step {
  watched: Watched;
  changes: { kind: ChangeKind; object: JsonObject }[];
  version?: string;
  /** It is of a list. */
  isList?: boolean;
}

export interface Following {
  server: ApiServer;
  settings: KubernetesSettings;
  watched: Watched;
  /** Where to go on; `undefined`: at the beginning. */
  version: string | undefined;
  signal: AbortSignal;
  /** Resolves when there is room for more. */
  give: (step: Step) => Promise<void>;
  warn: (message: string) => void;
}

/** Objects of one page of a list. */
const pageObjects = 250;

/** How long a watch may last: not as long as what stands between lets it. */
const watchS = 240;

/** A watch that ends earlier than this is no watch: then the connection is opened anew, later each time. */
const shortestMs = 1000;

/** Objects that are remembered so that the next list shows which of them are gone. */
const maxKnown = 50_000;

export async function follow(following: Following): Promise<void> {
  const known = new Map<string, JsonObject>();
  let { version } = following;
  const { signal, warn, watched } = following;
  while (!signal.aborted) {
    try {
      if (version === undefined) version = await list(following, known);
      const began = performance.now();
      for await (const next of watch(following, known, version)) version = next;
      if (performance.now() - began < shortestMs && !signal.aborted)
        await new Promise((done) => setTimeout(done, shortestMs));
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
      if (known.size === 0 && watched.as === 'objects')
        warn(`${watched.name}: the API server remembers no more; what was deleted since is not told`);
      version = undefined;
    }
  }
}

async function list(
  { server, settings, watched, signal, give }: Following,
  known: Map<string, JsonObject>,
): Promise<string> {
  const seen = new Set<string>();
  let next: string | undefined;
  for (;;) {
    const page = await server.get({
      path: watched.path,
      query: { ...queryOf(settings, watched), limit: String(pageObjects), continue: next },
      signal,
    });
    const { resourceVersion, continue: more } = metadataOf(page);
    const items = (Array.isArray(page['items']) ? page['items'] : []).filter(isJsonObject);
    const changes: Step['changes'] = items.map((item) => {
      const object = withKind(item, page);
      const before = known.get(uidOf(object));
      remember(known, object, 'added', watched);
      seen.add(uidOf(object));
      return { kind: before ? 'modified' : 'added', object };
    });
    const before = next;
    next = typeof more === 'string' && more !== '' ? more : undefined;
    if (next !== undefined && next === before)
      throw new UnreadableError('The API server gives the same page of a list again and again.');
    if (next === undefined) {
      const version = String(resourceVersion ?? '');
      if (version === '') throw new Error('The API server lists without a version.');
      for (const [uid, object] of known)
        if (!seen.has(uid)) {
          known.delete(uid);
          changes.push({ kind: 'deleted', object });
        }
      await give({ watched, changes, version, isList: true });
      return version;
    }
    // Inside of a list there is no place to go on from: it is read again, and its ids are known.
    await give({ watched, changes, isList: true });
  }
}

async function* watch(
  { server, settings, watched, signal, give }: Following,
  known: Map<string, JsonObject>,
  from: string,
): AsyncGenerator<string> {
  const query = {
    ...queryOf(settings, watched),
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(watchS),
  };
  let isOpen = false;
  try {
    for await (const { type, object } of server.watch({ path: watched.path, query, signal })) {
      isOpen = true;
      if (!isJsonObject(object ?? null)) throw new UnreadableError('The API server says a change of nothing.');
      const changed = object as JsonObject;
      if (type === 'ERROR') throw refusalOf(changed);
      const version = String(metadataOf(changed)['resourceVersion'] ?? '');
      const kind = kinds[String(type)];
      if (kind) remember(known, changed, kind, watched);
      await give({ watched, changes: kind ? [{ kind, object: changed }] : [], version });
      yield version;
    }
  } catch (thrown) {
    // What stands between ends connections as it likes; the next watch goes on where this one was.
    if (thrown instanceof RefusedError || thrown instanceof UnreadableError || signal.aborted || !isOpen) throw thrown;
  }
}

const kinds: Readonly<Record<string, ChangeKind>> = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' };

function queryOf({ labels, fields }: KubernetesSettings, { as }: Watched): Record<string, string | undefined> {
  // What is said of pods does not carry their labels.
  if (as === 'events') return { fieldSelector: 'involvedObject.kind=Pod' };
  return { labelSelector: labels, fieldSelector: fields };
}

function remember(known: Map<string, JsonObject>, object: JsonObject, kind: ChangeKind, { as }: Watched): void {
  if (as !== 'objects') return;
  const uid = uidOf(object);
  if (kind === 'deleted') known.delete(uid);
  else if (known.size < maxKnown || known.has(uid)) {
    const { metadata, kind: said, apiVersion } = object;
    const { name, namespace, labels, resourceVersion } = metadataOf({ metadata: metadata ?? null });
    known.set(uid, {
      kind: said ?? null,
      apiVersion: apiVersion ?? null,
      metadata: {
        uid,
        name: name ?? null,
        namespace: namespace ?? null,
        labels: labels ?? null,
        resourceVersion: resourceVersion ?? null,
      },
    });
  }
}

/** The objects of a list do not say what they are; the list does. */
function withKind(object: JsonObject, list: JsonObject): JsonObject {
  const { kind, apiVersion } = list;
  return {
    ...object,
    kind: object['kind'] ?? (typeof kind === 'string' ? kind.replace(/List$/, '') : null),
    apiVersion: object['apiVersion'] ?? apiVersion ?? null,
  };
}

export function metadataOf(object: JsonObject): JsonObject {
  const { metadata = null } = object;
  return isJsonObject(metadata) ? metadata : {};
}

/** What tells an object from all others; of a server that gives none, where it is. */
export function uidOf(object: JsonObject): string {
  const { uid, namespace, name } = metadataOf(object);
  return typeof uid === 'string' && uid !== '' ? uid : `${namespace ?? ''}/${name ?? ''}`;
}

function refusalOf({ code, message }: JsonObject): RefusedError {
  const said: Json = message ?? 'it does not say why';
  return new RefusedError(Number(code ?? 0), `The API server ends a watch: ${String(said).slice(0, 300)}`);
}
