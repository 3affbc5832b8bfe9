/** Hook resources of KHook (`kind: Hook` of `kagent.dev`): which agent is asked about which events. */
import { isJsonObject, jsonPointer, type InputFault, type Json, type JsonObject } from '@annex/kernel';

/** What a sound Hook says. */
export interface HookResource {
  name: string;
  namespace: string | null;
  /** Which agent is asked about which event, and what. */
  asks: { event: string; agent: string; prompt: string }[];
}

export type HookReading = { ok: true; hook: HookResource } | { ok: false; errors: InputFault[] };

/** Reads a Hook. Pointers of faults are into the resource. */
export function readHook(value: JsonObject): HookReading {
  const errors: InputFault[] = [];
  const metadata = objectOf(value['metadata']);
  const name = textOf(metadata['name']);
  if (name === null) errors.push(required('/metadata/name', 'the name of the Hook'));
  const namespace = textOf(metadata['namespace']);
  const given = objectOf(value['spec'])['eventConfigurations'];
  const configurations = Array.isArray(given) ? given : [];
  if (configurations.length === 0)
    errors.push(required('/spec/eventConfigurations', 'a list of { eventType, agentRef, prompt }'));
  const asks = configurations.map((each, index) =>
    readConfiguration(each, { at: jsonPointer('spec', 'eventConfigurations', index), namespace, errors }),
  );
  if (errors.length > 0 || name === null) return { ok: false, errors };
  return { ok: true, hook: { name, namespace, asks } };
}

interface Reading {
  at: string;
  namespace: string | null;
  errors: InputFault[];
}

function readConfiguration(given: Json, { at, namespace, errors }: Reading): HookResource['asks'][number] {
  const configuration = objectOf(given);
  const event = textOf(configuration['eventType']);
  if (event === null) errors.push(required(`${at}/eventType`, 'the type of event, such as pod-restart'));
  const prompt = textOf(configuration['prompt']);
  if (prompt === null) errors.push(required(`${at}/prompt`, 'what the agent is asked'));
  const agent = agentOf(configuration, namespace);
  if (agent === null) errors.push(required(`${at}/agentRef`, 'the agent that is asked: { name, namespace }'));
  return { event: event ?? '', agent: agent ?? '', prompt: prompt ?? '' };
}

/** `agentRef: { name, namespace }`; `agentId: namespace/name` in older ones. Without a namespace it is the Hook's. */
function agentOf({ agentRef, agentId }: JsonObject, namespace: string | null): string | null {
  const said = textOf(agentRef) ?? textOf(agentId);
  if (said !== null) return said;
  const reference = objectOf(agentRef);
  const name = textOf(reference['name']);
  const where = textOf(reference['namespace']) ?? namespace;
  return name === null || where === null ? name : `${where}/${name}`;
}

function required(pointer: string, what: string): InputFault {
  return { pointer, code: 'REQUIRED', detail: `is required: ${what}.` };
}

function objectOf(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
