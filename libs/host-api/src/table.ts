/**
 * The one table of host calls. Manifest checks, sandbox stubs, broker dispatch, SDK types, the permission texts and the
 * reference page all follow from it; a row whose handler is missing does not compile ({@link
 * import('./handlers.js').HostHandlers}).
 */
import { z } from 'zod';
import { agentCalls } from './calls/agents.js';
import { analyticsCalls } from './calls/analytics.js';
import { dbCalls } from './calls/db.js';
import { emailCalls } from './calls/email.js';
import { fileCalls } from './calls/files.js';
import { flowCalls } from './calls/flow.js';
import { httpCalls } from './calls/http.js';
import { kvCalls, sharedCalls } from './calls/kv.js';
import { llmCalls } from './calls/llm.js';
import { pluginCalls } from './calls/plugins.js';
import { secretCalls } from './calls/secrets.js';
import { templateCalls } from './calls/templates.js';
import { webhookCalls } from './calls/webhooks.js';
import type { PermissionName } from './permissions.js';
import type { HostCallRow, Meter } from './row.js';

/** Every call of `ctx`, by name (docs/host-api.md). */
export const hostCalls = {
  ...secretCalls,
  ...httpCalls,
  ...dbCalls,
  ...fileCalls,
  ...kvCalls,
  ...sharedCalls,
  ...emailCalls,
  ...webhookCalls,
  ...agentCalls,
  ...llmCalls,
  ...templateCalls,
  ...analyticsCalls,
  ...flowCalls,
  ...pluginCalls,
};

/** The name of a host call, such as `kv.get`. */
export type HostMethod = keyof typeof hostCalls;

/**
 * Every name, in the order of the table. A name with a dot is `ctx.<namespace>.<function>`, one without is
 * `ctx.<function>`.
 */
export const hostMethods = Object.keys(hostCalls) as HostMethod[];

/** The arguments as a handler gets them: checked, defaults filled in. */
export type HostArgs<M extends HostMethod> = z.output<(typeof hostCalls)[M]['args']>;
/** The arguments as plugin code writes them. */
export type HostInput<M extends HostMethod> = z.input<(typeof hostCalls)[M]['args']>;
/** What a handler answers. */
export type HostResult<M extends HostMethod> = z.output<(typeof hostCalls)[M]['result']>;

/**
 * The row of a name that plugin code chose; `undefined` for anything not in the table, `constructor` and the like
 * included.
 */
export function findHostCall(name: string): (HostCallRow & { name: HostMethod }) | undefined {
  return rows.get(name);
}

const rows: ReadonlyMap<string, HostCallRow & { name: HostMethod }> = new Map(
  hostMethods.map((name) => [name, { ...(hostCalls[name] as unknown as HostCallRow), name }]),
);

/** Host calls that a permission opens, for permission screens and the static report at upload. */
export function methodsNeeding(permission: PermissionName): HostMethod[] {
  return hostMethods.filter((name) => hostCalls[name].permission === permission);
}

/** One entry of the reference page. `args` and `result` are JSON Schemas (draft 2020-12). */
export interface HostCallReference {
  name: HostMethod;
  doc: string;
  example: string;
  permission: PermissionName | null;
  meter: Meter | null;
  max_args_bytes: number;
  max_result_bytes: number;
  args: object;
  result: object;
}

/** The whole table in a form that can be printed. */
export function hostCallReference(): HostCallReference[] {
  return hostMethods.map((name) => {
    const { doc, example, permission, meter, maxArgsBytes, maxResultBytes, args, result } = hostCalls[name];
    return {
      name,
      doc,
      example,
      permission,
      meter,
      max_args_bytes: maxArgsBytes,
      max_result_bytes: maxResultBytes,
      args: z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' }),
      result: z.toJSONSchema(result, { io: 'output', unrepresentable: 'any' }),
    };
  });
}
