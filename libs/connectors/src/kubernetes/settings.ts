/** What a source of type `kubernetes` was told. The manifest's `connectionFaults` has judged it. */
import { isJsonObject, quote, type Json, type JsonObject } from '@annex/kernel';
import { parse } from 'yaml';
import type { Certificates } from '../secure.js';

/** Where the API server is, and as whom it is asked. */
export interface Cluster extends Certificates {
  url: URL;
  token?: string | undefined;
}

/** A kind of objects, and what is made of them. */
export interface Watched {
  /** Names it in the cursor. */
  name: string;
  path: string;
  /** `pods` and `events` become what happened to pods; `objects` come as they are. */
  as: 'pods' | 'events' | 'objects';
}

export interface KubernetesSettings {
  cluster: Cluster;
  watched: Watched[];
  labels: string | undefined;
  fields: string | undefined;
  initial: boolean;
  lookbackMs: number;
  names: 'annex' | 'khook';
}

/** As long as it is remembered what a pod did before anybody looked. */
const lookbackS = 600;

/** Throws what is wrong with a kubeconfig. */
export function readSettings(given: JsonObject): KubernetesSettings {
  const namespace = text(given['namespace']);
  const resources = Array.isArray(given['resources']) ? given['resources'].map(String) : [];
  const watchesPods = typeof given['pods'] === 'boolean' ? given['pods'] : resources.length === 0;
  const pathOf = (resource: string): string => {
    const parts = resource.split('/');
    const plural = parts.pop() ?? '';
    const root = parts.length === 1 ? `/api/${parts[0]}` : `/apis/${parts.join('/')}`;
    return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
  };
  return {
    cluster: clusterOf(given),
    watched: [
      ...(watchesPods
        ? ([
            { name: 'pods', path: pathOf('v1/pods'), as: 'pods' },
            { name: 'events', path: pathOf('v1/events'), as: 'events' },
          ] as const)
        : []),
      ...[...new Set(resources)].map((name): Watched => ({ name, path: pathOf(name), as: 'objects' })),
    ],
    labels: text(given['labels']),
    fields: text(given['fields']),
    initial: given['initial'] !== false,
    lookbackMs: Number(given['lookback_s'] ?? lookbackS) * 1000,
    names: given['names'] === 'khook' ? 'khook' : 'annex',
  };
}

function clusterOf(given: JsonObject): Cluster {
  const kubeconfig = text(given['kubeconfig']);
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig);
  return {
    url: new URL(String(given['server'])),
    token: text(given['token']),
    ca: text(given['ca']),
    cert: text(given['cert']),
    key: text(given['key']),
  };
}

/**
 * Only what is written into it is taken: a kubeconfig can name files and programs of the machine that reads it, and
 * those are not its owner's here.
 */
function readKubeconfig(said: string): Cluster {
  let read: unknown;
  try {
    read = parse(said, { maxAliasCount: 0 });
  } catch {
    throw new Error('The kubeconfig is no YAML.');
  }
  const config = object(read, 'The kubeconfig');
  const context = named(config, 'contexts', config['current-context'], 'context');
  const cluster = named(config, 'clusters', context['cluster'], 'cluster');
  const user = named(config, 'users', context['user'], 'user');
  const strange = [
    ...Object.keys(cluster).filter((key) => ['certificate-authority', 'proxy-url'].includes(key)),
    ...Object.keys(user).filter((key) =>
      ['exec', 'auth-provider', 'tokenFile', 'client-certificate', 'client-key', 'as'].includes(key),
    ),
    ...(cluster['insecure-skip-tls-verify'] === true ? ['insecure-skip-tls-verify'] : []),
  ];
  if (strange.length > 0)
    throw new Error(
      `The kubeconfig has ${strange.join(', ')}, which Annex does not follow: write the token or the certificates ` +
        'themselves into it (kubectl config view --raw --flatten --minify).',
    );
  const url = URL.parse(String(cluster['server']));
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('The kubeconfig names no server.');
  return {
    url,
    token: text(user['token']),
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  };
}

function named(config: JsonObject, list: string, name: Json | undefined, member: string): JsonObject {
  const found = (Array.isArray(config[list]) ? config[list] : []).find(
    (each) => isJsonObject(each) && each['name'] === name,
  );
  return object(
    (found as JsonObject | undefined)?.[member],
    `The ${member} ${quote(String(name), 60)} of the kubeconfig`,
  );
}

function object(value: unknown, what: string): JsonObject {
  if (!isJsonObject(value)) throw new Error(`${what} is not there, or no object.`);
  return value as JsonObject;
}

function decoded(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
