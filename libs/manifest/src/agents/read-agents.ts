/** `agents/*.yaml` of a package: who is asked about which events, and what the question is. */
import { eventFilterFaults, eventPatternFault, hookRoots } from '@annex/events';
import { isJsonObject, jsonPointer, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { agentLimits, mappingLimits, packageAgentLimits } from '@annex/limits';
import { z } from 'zod';
import type { Manifest } from '../schema/manifest.js';
import { readYaml } from '../schema/read-yaml.js';
import { shapeFaults } from '../schema/shape-faults.js';
import { retry } from '../schema/shape.js';
import type { WebhookDefinition } from '../webhooks/definition.js';
import {
  closedHost,
  pausesFault,
  placeholderFaults,
  plainUrlFault,
  retryOf,
  scriptFault,
  scriptRef,
  webhookHeaderFault,
} from '../webhooks/read-webhooks.js';
import type { PackageFiles } from '../zip/read-package.js';

/** An agent as a package defines it. */
export type AgentDefinition = WebhookDefinition & Required<Pick<WebhookDefinition, 'agent'>>;

export interface AgentsReading {
  agents: AgentDefinition[];
  errors: InputFault[];
  warnings: InputFault[];
}

/** The package around an agent. A part that is `undefined` is not sound, so what it decides is not judged. */
export interface AgentsPackage {
  declaredSecrets: readonly string[] | undefined;
  allow: readonly string[] | undefined;
  /** Names of its webhooks: an agent is found by its name as they are. */
  taken: readonly string[];
}

const described = (text: string, example: Json): { description: string; examples: Json[] } => ({
  description: text,
  examples: [example],
});

const shape = z.strictObject({
  api_version: z.literal('v1').meta(described('the version of this format', 'v1')),
  description: z.string().max(500).optional().meta(described('what it is for', 'Says why a pod restarts')),
  on: z
    .array(z.string().max(200).meta(described('an event name or pattern', 'pod.restart')))
    .max(50)
    .optional()
    .meta(described('the events that it is asked about', ['pod.restart'])),
  where: z
    .record(z.string(), z.json())
    .optional()
    .meta(described('which of them', { severity: { $in: ['error', 'critical'] } })),
  agent: z
    .strictObject({
      protocol: z.enum(['a2a', 'llm']).meta(described('how it is asked', 'a2a')),
      url: z.string().min(1).max(2048).optional().meta(described('where it takes calls', '${SECRET:AGENT_URL}')),
      bearer: z.string().min(1).max(2048).optional().meta(described('its token', '${SECRET:AGENT_TOKEN}')),
      version: z.enum(['1.0', '0.3']).optional().meta(described('the version of A2A that it speaks', '1.0')),
      model: z.string().min(1).max(200).optional().meta(described('the model that is asked', 'gpt-5-mini')),
      system: z.string().min(1).max(8192).optional().meta(described('what the model is told first', 'Be brief.')),
      timeout_s: z
        .int()
        .min(1)
        .max(agentLimits.maxTimeoutS)
        .optional()
        .meta(described('how many seconds it may work', 300)),
    })
    .meta(described('who is asked', { protocol: 'a2a', url: '${SECRET:AGENT_URL}' })),
  prompt: z
    .string()
    .min(1)
    .max(packageAgentLimits.promptChars)
    .meta(described('what it is asked', 'Pod {{ subject }} restarted: {{ data.reason }}')),
  approval: z
    .enum(['none', 'required'])
    .optional()
    .meta(described('whether an admin has to say yes first', 'required')),
  approval_expires_s: z
    .int()
    .min(1)
    .max(agentLimits.maxApprovalS)
    .optional()
    .meta(described('how many seconds a question waits for that', 86_400)),
  result: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .meta(described('a function that looks at the answer', 'transforms/agent.ts#after')),
  retry: retry.optional().meta(described('what happens after a failed attempt', { max_attempts: 3 })),
});
type Source = z.infer<typeof shape>;

const jsonSchema = (): Record<string, unknown> =>
  (cachedSchema ??= z.toJSONSchema(shape, { unrepresentable: 'any' }) as Record<string, unknown>);
let cachedSchema: Record<string, unknown> | undefined;

const folder = 'agents/';

/** Reads every agent of a package. */
export function readAgents(files: PackageFiles, around: AgentsPackage): AgentsReading {
  const reading: AgentsReading = { agents: [], errors: [], warnings: [] };
  const paths = [...files.keys()].filter((path) => path.startsWith(folder) && /\.ya?ml$/i.test(path)).sort();
  if (paths.length > packageAgentLimits.files)
    reading.errors.push({
      pointer: '/agents',
      code: 'AGENT_COUNT',
      detail: `the package has ${paths.length} agents; at most ${packageAgentLimits.files} are allowed.`,
    });
  for (const path of paths.slice(0, packageAgentLimits.files)) readOne(reading, files, { ...around, path });
  return reading;
}

function readOne(reading: AgentsReading, files: PackageFiles, around: AgentsPackage & { path: string }): void {
  const { path, taken } = around;
  const file = path.slice(folder.length);
  const name = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,62})\.yaml$/.exec(file)?.[1];
  if (name === undefined || taken.includes(name)) {
    reading.errors.push({
      pointer: jsonPointer('agents', file),
      code: 'AGENT_NAME',
      detail:
        name === undefined
          ? `${quote(path)} cannot name an agent; write agents/<name>.yaml, the name 1 to 63 letters, digits, "_", ` +
            '"-" and ".".'
          : `the package has a webhook ${quote(name)} as well; give one of the two another name.`,
    });
    return;
  }
  const tell = (fault: InputFault): InputFault => ({
    ...fault,
    pointer: jsonPointer('agents', file) + fault.pointer,
    detail: `${path}: ${fault.detail}`,
  });
  const parsed = readYaml(files.get(path) ?? new Uint8Array(), {
    maxBytes: packageAgentLimits.fileBytes,
    levels: packageAgentLimits.levels,
    what: 'agent',
  });
  if (!parsed.ok) {
    reading.errors.push(...parsed.errors.map(tell));
    return;
  }
  const { value } = parsed;
  const errors = judgeMeaning(value, files, around);
  const read = shape.safeParse(value);
  if (!read.success) {
    const known = new Set(errors.map(({ pointer }) => pointer));
    const ofShape = shapeFaults(read.error.issues, value, { schema: jsonSchema(), name: 'an agent' });
    errors.unshift(...ofShape.filter(({ pointer }) => !known.has(pointer)));
  }
  reading.errors.push(...errors.map(tell));
  if (!read.success || errors.length > 0) return;
  reading.warnings.push(...warningsOf(read.data).map(tell));
  reading.agents.push(normalise(name, read.data));
}

function judgeMeaning(source: JsonObject, files: PackageFiles, around: AgentsPackage): InputFault[] {
  const errors: InputFault[] = [];
  if (Array.isArray(source['on']))
    source['on'].forEach((pattern, index) => {
      const fault = typeof pattern === 'string' ? eventPatternFault(pattern, `/on/${index}`) : undefined;
      if (fault) errors.push(fault);
    });
  if (isJsonObject(source['where'] ?? null))
    for (const { path, detail } of eventFilterFaults(
      source['where'] ?? null,
      hookRoots,
      mappingLimits.hookWhereChars,
    ).slice(0, 20))
      errors.push({ pointer: `/where${path.length === 0 ? '' : jsonPointer(...path)}`, code: 'AGENT_WHERE', detail });
  if (isJsonObject(source['agent'] ?? null)) errors.push(...judgeAgent(source['agent'] as JsonObject, around));
  const { result } = source;
  const script = typeof result === 'string' && result !== '' ? scriptFault(result, files) : undefined;
  if (script !== undefined) errors.push({ pointer: '/result', code: 'SCRIPT', detail: script });
  if (source['approval_expires_s'] !== undefined && source['approval'] !== 'required')
    errors.push({
      pointer: '/approval_expires_s',
      code: 'AGENT_APPROVAL',
      detail: 'says how long a question waits for an approval, and none is required; add "approval: required".',
    });
  const pauses = pausesFault(source['retry']);
  return pauses ? [...errors, pauses] : errors;
}

function judgeAgent(agent: JsonObject, { declaredSecrets, allow }: AgentsPackage): InputFault[] {
  const { protocol, url, bearer } = agent;
  const errors = [
    ...placeholderFaults(url, '/agent/url', declaredSecrets),
    ...placeholderFaults(bearer, '/agent/bearer', declaredSecrets),
  ];
  const add = (pointer: string, code: string, detail: string | undefined): void => {
    if (detail !== undefined) errors.push({ pointer, code, detail });
  };
  if (protocol === 'a2a' && url === undefined)
    add('/agent/url', 'REQUIRED', 'is required for an A2A agent, such as "${SECRET:AGENT_URL}".');
  add('/agent/url', 'URL', plainUrlFault(url));
  add('/agent/url', 'HOST_NOT_ALLOWED', closedHost(url, allow));
  if (typeof bearer === 'string') add('/agent/bearer', 'HEADER', webhookHeaderFault('x', bearer));
  const others = protocol === 'a2a' ? ['model', 'system'] : protocol === 'llm' ? ['url', 'bearer', 'version'] : [];
  for (const key of others)
    if (agent[key] !== undefined)
      add(
        `/agent/${key}`,
        'AGENT_PROTOCOL',
        protocol === 'llm'
          ? 'has no meaning for "llm", which asks the language model of the tenant; remove it.'
          : 'has a meaning for "llm" only; an A2A agent has its own.',
      );
  return errors;
}

function warningsOf({ agent: { bearer } }: Source): InputFault[] {
  if (bearer === undefined || bearer.includes('${SECRET:')) return [];
  const detail = 'the token stands in the package, readable by everyone who has it; write "${SECRET:AGENT_TOKEN}".';
  return [{ pointer: '/agent/bearer', code: 'SECRET_IN_PACKAGE', detail }];
}

/** Agents that nobody could ask, since the manifest does not ask for what they need. */
export function agentPermissionWarnings(
  agents: readonly AgentDefinition[],
  { permissions }: Pick<Manifest, 'permissions'>,
): InputFault[] {
  const wanted = [
    ...(agents.length > 0 ? (['agents.call'] as const) : []),
    ...(agents.some(({ agent }) => agent.protocol === 'llm') ? (['llm.use'] as const) : []),
  ];
  return wanted
    .filter((name) => !permissions.some((each) => each.name === name))
    .map((name) => ({
      pointer: '/permissions',
      code: 'AGENT_PERMISSION',
      detail: `the package has agents, and none of them is asked without the permission; add "${name}".`,
    }));
}

function normalise(name: string, source: Source): AgentDefinition {
  const { protocol, url = '', bearer, version, model, system, timeout_s: timeoutS } = source.agent;
  return {
    name,
    description: source.description ?? null,
    on: [...new Set(source.on ?? [])],
    url: url.trim(),
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    signing: null,
    transform: null,
    postTransform: source.result === undefined ? null : { ...scriptRef(source.result), index: -1 },
    retry: retryOf(source.retry),
    ...(source.where !== undefined && { where: source.where }),
    agent: {
      protocol,
      version: version ?? null,
      model: model ?? null,
      system: system ?? null,
      timeoutS: timeoutS ?? agentLimits.timeoutS,
      prompt: source.prompt,
      approvalS: source.approval === 'required' ? (source.approval_expires_s ?? agentLimits.approvalS) : null,
    },
  };
}
