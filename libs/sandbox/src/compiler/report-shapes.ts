/**
 * Whether parts of a report have the shape that they must have. Copies what it accepts, so that nothing else comes
 * along.
 */
import { eventFilterFaults, hookRoots, readMapping } from '@annex/events';
import { findHostCall, type HostMethod } from '@annex/host-api';
import type { JsonObject } from '@annex/kernel';
import { agentLimits, mappingLimits, packageAgentLimits } from '@annex/limits';
import type { AgentTerms, BundleReach, PackageMapping, Place, ScriptRef, WebhookDefinition } from '@annex/manifest';
import { maxWebhooks } from './limits.js';

const maxPlaces = 1000;
const maxText = 20_000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

export function isText(value: unknown, maxLength = maxText): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function asReach(value: unknown): BundleReach {
  if (!isRecord(value)) throw new TypeError('reach');
  return {
    complete: value['complete'] === true,
    calls: placed(value['calls'], ({ call }) => {
      if (!isText(call, 64) || findHostCall(call) === undefined) throw new TypeError('a call');
      return { call: call as HostMethod };
    }),
    urls: placed(value['urls'], ({ url, requested }) => {
      if (!isText(url, 300)) throw new TypeError('a URL');
      return { url, requested: requested === true };
    }),
    dynamic: placed(value['dynamic'], ({ within, from }) => {
      if (!isText(within, 100) || (from !== undefined && !isText(from, 100))) throw new TypeError('a part of ctx');
      return { within, ...(from !== undefined && { from }) };
    }),
  };
}

function placed<T extends object>(value: unknown, read: (entry: Record<string, unknown>) => T): (T & Place)[] {
  if (!isList(value) || value.length > maxPlaces) throw new TypeError('places');
  return value.map((each) => {
    if (!isRecord(each) || !isText(each['file'], 600) || !isCount(each['line'])) throw new TypeError('a place');
    return { ...read(each), file: each['file'], line: each['line'] };
  });
}

export function asWebhooks(value: unknown): WebhookDefinition[] {
  if (!isList(value) || value.length > maxWebhooks) throw new TypeError('webhooks');
  return value.map((each) => {
    if (!isRecord(each)) throw new TypeError('a webhook');
    const { name, description, on, url, headers, signing, transform, postTransform, retry, where, agent } = each;
    if (!isText(name, 255) || !isText(url) || (description !== null && !isText(description)))
      throw new TypeError('a webhook');
    if (!isList(on) || !on.every((pattern) => isText(pattern, 300))) throw new TypeError('patterns');
    return {
      name,
      description,
      on: on as string[],
      url,
      headers: asTexts(headers),
      signing: signing === null ? null : { secret: asText(isRecord(signing) ? signing['secret'] : undefined) },
      transform: asScript(transform),
      postTransform: asScript(postTransform),
      retry: asRetry(retry),
      ...(where !== undefined && { where: asWhere(where) }),
      ...(agent !== undefined && { agent: asAgent(agent) }),
    };
  });
}

function asWhere(value: unknown): JsonObject {
  if (!isRecord(value)) throw new TypeError('a filter');
  const where = value as JsonObject;
  if (eventFilterFaults(where, hookRoots, mappingLimits.hookWhereChars).length > 0) throw new TypeError('a filter');
  return where;
}

function asAgent(value: unknown): AgentTerms {
  if (!isRecord(value)) throw new TypeError('an agent');
  const { protocol, version, model, system, timeoutS, prompt, approvalS } = value;
  const isTextOrNull = (text: unknown): text is string | null => text === null || isText(text);
  if (
    (protocol !== 'a2a' && protocol !== 'llm') ||
    (version !== null && version !== '1.0' && version !== '0.3') ||
    !isTextOrNull(model) ||
    !isTextOrNull(system) ||
    !isText(prompt, packageAgentLimits.promptChars) ||
    !isCount(timeoutS) ||
    timeoutS > agentLimits.maxTimeoutS ||
    (approvalS !== null && (!isCount(approvalS) || approvalS > agentLimits.maxApprovalS))
  )
    throw new TypeError('an agent');
  return { protocol, version, model, system, timeoutS, prompt, approvalS };
}

/** What mappings mean is read again of their documents, so that a compiler cannot bring rules that no check saw. */
export function asMappings(value: unknown, reservedEvents: readonly string[]): PackageMapping[] {
  if (!isList(value) || value.length > mappingLimits.packageFiles) throw new TypeError('mappings');
  return value.map((each) => {
    if (!isRecord(each) || !isText(each['name'], 63) || !isRecord(each['document'])) throw new TypeError('a mapping');
    const reading = readMapping(each['document'], { reservedEvents });
    if (!reading.ok) throw new TypeError('a mapping that is none');
    return { name: each['name'], document: each['document'] as JsonObject, definition: reading.mapping };
  });
}

function asText(value: unknown): string {
  if (!isText(value)) throw new TypeError('a text');
  return value;
}

function asTexts(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new TypeError('texts by name');
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, asText(text)]));
}

function asScript(value: unknown): ScriptRef | null {
  if (value === null) return null;
  if (!isRecord(value) || !Number.isSafeInteger(value['index'])) throw new TypeError('a script');
  return { path: asText(value['path']), export: asText(value['export']), index: value['index'] as number };
}

function asRetry(value: unknown): WebhookDefinition['retry'] {
  if (value === null) return null;
  if (!isRecord(value)) throw new TypeError('retry');
  const retry: Record<string, number | string> = {};
  for (const key of ['maxAttempts', 'initialDelayS', 'maxDelayS']) {
    const number = value[key];
    if (number === undefined) continue;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw new TypeError('retry');
    retry[key] = number;
  }
  const { backoff } = value;
  if (backoff !== undefined) {
    if (!isText(backoff, 30)) throw new TypeError('retry');
    retry['backoff'] = backoff;
  }
  return retry;
}
