/**
 * What happened to pods, read off their state. Each thing has an id of its own (the pod, the container, which restart),
 * so that whoever reads the same pod again, after a break or a list, tells nothing twice.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { fitting } from '../payload.js';
import { metadataOf, uidOf } from './follow.js';
import type { KubernetesSettings } from './settings.js';

/** KHook's names beside ours. */
const khookNames = {
  'pod.restart': 'pod-restart',
  'pod.oom_kill': 'oom-kill',
  'pod.pending': 'pod-pending',
  'probe.failed': 'probe-failed',
} as const;

type Happening = keyof typeof khookNames;

export interface Reading {
  names: KubernetesSettings['names'];
  /** What happened before that time is not told; milliseconds since the epoch. */
  sinceMs: number;
}

interface Told {
  what: Happening;
  id: string;
  /** When it happened; `undefined`: nobody says. */
  at: string | undefined;
  severity: 'warning' | 'error' | 'critical';
  data: JsonObject;
}

/** What a pod's state tells. */
export function podEvents(pod: JsonObject, reading: Reading): JsonObject[] {
  const { name, namespace, labels } = metadataOf(pod);
  const uid = uidOf(pod);
  const status = member(pod, 'status');
  const regarding = { kind: 'Pod', name: name ?? null, namespace: namespace ?? null, uid };
  const around: JsonObject = {
    namespace: namespace ?? null,
    regarding,
    labels: labels ?? {},
    node: member(pod, 'spec')['nodeName'] ?? null,
    phase: status['phase'] ?? null,
  };
  const containers = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].flatMap((key) =>
    list(status[key]),
  );
  const told = [
    ...containers.flatMap((container) => containerTold(container, uid)),
    ...pendingTold(status, containers, uid),
  ];
  return told.flatMap((one) => eventOf({ ...one, data: { ...around, ...one.data } }, name, reading));
}

/** What is said of a pod by whoever runs it. */
export function probeEvents(said: JsonObject, reading: Reading): JsonObject[] {
  if (said['reason'] !== 'Unhealthy') return [];
  const involved = member(said, 'involvedObject');
  const count = Number(member(said, 'series')['count'] ?? said['count'] ?? 1);
  const at = [member(said, 'series')['lastObservedTime'], said['lastTimestamp'], said['eventTime']]
    .map(timeOf)
    .find((time) => time !== undefined);
  const { kind, name, namespace } = involved;
  const data: JsonObject = {
    namespace: namespace ?? null,
    regarding: { kind: kind ?? null, name: name ?? null, namespace: namespace ?? null, uid: involved['uid'] ?? null },
    reason: 'Unhealthy',
    message: said['message'] ?? null,
    count,
    node: member(said, 'source')['host'] ?? null,
  };
  const told: Told = { what: 'probe.failed', id: `${uidOf(said)}/${count}`, at, severity: 'warning', data };
  return eventOf(told, name, reading);
}

function containerTold(container: JsonObject, uid: string): Told[] {
  const { name, restartCount } = container;
  const count = Number(restartCount ?? 0);
  const running = member(member(container, 'state'), 'running');
  const ended = member(member(container, 'state'), 'terminated');
  const before = member(member(container, 'lastState'), 'terminated');
  const waiting = member(member(container, 'state'), 'waiting');
  const told: Told[] = [];
  for (const [end, which] of [
    [before, count],
    [ended, count + 1],
  ] as const) {
    if (end['reason'] !== 'OOMKilled') continue;
    told.push({
      what: 'pod.oom_kill',
      id: `${uid}/${name}/oom/${which}`,
      at: timeOf(end['finishedAt']),
      severity: 'critical',
      data: { ...dataOf(container, end), count: which, message: `Container ${name} ran out of memory.` },
    });
  }
  if (count > 0)
    told.push({
      what: 'pod.restart',
      id: `${uid}/${name}/restart/${count}`,
      at: timeOf(running['startedAt']) ?? timeOf(before['finishedAt']),
      severity: waiting['reason'] === 'CrashLoopBackOff' ? 'error' : 'warning',
      data: {
        ...dataOf(container, before),
        count,
        message: `Container ${name} was started ${count + 1} times.`,
      },
    });
  return told;
}

function dataOf({ name, image, restartCount }: JsonObject, end: JsonObject): JsonObject {
  return {
    container: name ?? null,
    image: image ?? null,
    restart_count: restartCount ?? 0,
    reason: end['reason'] ?? 'Unknown',
    exit_code: end['exitCode'] ?? null,
    signal: end['signal'] ?? null,
    finished_at: end['finishedAt'] ?? null,
  };
}

/** Why a container waits that is not about to run. */
const stuck = [
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

function pendingTold(status: JsonObject, containers: readonly JsonObject[], uid: string): Told[] {
  if (status['phase'] !== 'Pending') return [];
  const unscheduled = list(status['conditions']).filter(
    ({ type, status: holds, reason }) => type === 'PodScheduled' && holds === 'False' && reason === 'Unschedulable',
  );
  return [
    ...unscheduled.map(({ reason, message, lastTransitionTime }) => ({
      what: 'pod.pending' as const,
      id: `${uid}/pending/${lastTransitionTime}`,
      at: timeOf(lastTransitionTime),
      severity: 'warning' as const,
      data: { reason: reason ?? null, message: message ?? null, container: null, count: 1 },
    })),
    ...containers.flatMap((container) => {
      const { reason, message } = member(member(container, 'state'), 'waiting');
      if (!stuck.includes(String(reason))) return [];
      // It goes to and fro between the two until the image is there.
      const kind = reason === 'ErrImagePull' ? 'ImagePullBackOff' : String(reason);
      const { name, image } = container;
      return {
        what: 'pod.pending' as const,
        id: `${uid}/${name}/pending/${kind}`,
        at: timeOf(status['startTime']),
        severity: 'warning' as const,
        data: { reason: kind, message: message ?? null, container: name ?? null, image: image ?? null, count: 1 },
      };
    }),
  ];
}

function eventOf(
  { what, id, at, severity, data }: Told,
  name: Json | undefined,
  { names, sinceMs }: Reading,
): JsonObject[] {
  if (at !== undefined && Date.parse(at) < sinceMs) return [];
  return [
    {
      id: `${what}/${id}`,
      type: names === 'khook' ? khookNames[what] : what,
      subject: typeof name === 'string' && name !== '' ? name.slice(0, 256) : null,
      severity,
      ...(at !== undefined && { time: new Date(at).toISOString() }),
      data: fitting(data, { regarding: data['regarding'] ?? null, reason: data['reason'] ?? null }),
    },
  ];
}

function timeOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

function member(object: JsonObject, key: string): JsonObject {
  const value = object[key] ?? null;
  return isJsonObject(value) ? value : {};
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
