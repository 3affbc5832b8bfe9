/**
 * Answers the host calls of plugin code. Each call passes, in this order: is the run alive, is there such a call, is
 * the run's quota left, is the permission granted, are the arguments well-formed, does the grant's scope reach that
 * far, is the call's own quota left. Only then its handler is asked. A call that is refused has changed nothing.
 */
import {
  coversHost,
  findGrant,
  findHostCall,
  grantsTable,
  hostMethods,
  permissionTexts,
  type HostCallContext,
  type HostCallRow,
  type HostHandlers,
  type HostMethod,
  type PermissionGrant,
  type PermissionName,
} from '@annex/host-api';
import type { AnnexError } from '@annex/kernel';
import { isAnnexError, LARGE_TEXT, largeWork, newId, quote, silentLogger, type Logger } from '@annex/kernel';
import { callLimits, effectiveLimits } from '@annex/limits';
import { brokerErrors } from './errors.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { Tally, type BrokerQuotas } from './call-quotas.js';
import { readArgs, unknownCall } from './read-call.js';

/** What plugin code asked for. The same shape as the sandbox's, so that an app can join the two. */
export interface HostCall {
  /** Chosen by plugin code: any string may arrive. */
  method: string;
  /** The arguments as one JSON array. Chosen by plugin code. */
  args: string;
  /** The text of the arguments that stands apart from them, where the row says so. Chosen by plugin code. */
  text?: string;
}

/** The answer to a host call: a JSON text, or a failure that the plugin sees as an `Error` with that `code`. */
export type HostCallAnswer = { ok: true; value: string } | { ok: false; code: string; message: string };

/** One answered call, for metrics and for "last used" of a permission. */
export interface AnsweredCall<Identity> {
  /** `null` when plugin code asked for something that does not exist. */
  method: HostMethod | null;
  identity: Identity;
  /** The permission that let it through; `null` when none was needed or it was refused. */
  permission: PermissionName | null;
  /** `OK`, or the code with which it failed. */
  code: string;
}

/** What a broker is made with. */
export interface BrokerOptions<Identity> {
  /** Where unknown errors go, with the reference that the plugin sees. Default: nowhere. */
  logger?: Logger;
  /** Makes that reference. Default: a fresh `req_…` id. */
  newReference?: () => string;
  /** Told of every answered call. Must not throw. */
  onCall?: (call: AnsweredCall<Identity>) => void;
}

/** One run, as far as its host calls need it. */
export interface BrokerRun<Identity> {
  /** Who runs what for whom; handed to the handlers as it is. */
  identity: Identity;
  /** What the run may do: the `effective` part of a grant match. */
  grants: readonly PermissionGrant[];
  /** Names in the manifest's `secrets`. */
  secretsDeclared: readonly string[];
  /** Default: the limits of a route. */
  quotas?: Partial<BrokerQuotas>;
  /** Ends the session when it fires. */
  signal?: AbortSignal;
}

/** How often a run called. */
export interface BrokerUsage {
  hostCalls: number;
  httpCalls: number;
  /** The most HTTP calls that were under way at a time. */
  httpCallsAtOnce: number;
  emits: number;
  jobStarts: number;
  emails: number;
  webhookSends: number;
  llmCalls: number;
  pluginCalls: number;
  /** Permissions that let at least one call through. */
  permissionsUsed: PermissionName[];
}

/** Answers the calls of one run. */
export interface BrokerSession {
  /** Answers one call. Never rejects. */
  call(call: HostCall): Promise<HostCallAnswer>;
  usage(): BrokerUsage;
  /**
   * The run has ended: calls under way are answered `RUN_ENDED` and their handlers' signal fires, as is every later
   * one. Safe to call twice.
   */
  close(): void;
}

/** Answers host calls with one set of handlers. */
export interface Broker<Identity> {
  session(run: BrokerRun<Identity>): BrokerSession;
}

type AnyHandler<Identity> = (args: unknown, context: HostCallContext<Identity>) => unknown;

/** Makes a broker. `handlers` has one for every row of the table, or it does not compile. */
export function createBroker<Identity>(
  handlers: HostHandlers<Identity>,
  options: BrokerOptions<Identity> = {},
): Broker<Identity> {
  const { logger = silentLogger, newReference = () => newId('request'), onCall } = options;
  const parts: SessionParts<Identity> = { handlers, logger, newReference, onCall };
  return { session: (run) => new Session(parts, run) };
}

interface SessionParts<Identity> {
  handlers: HostHandlers<Identity>;
  logger: Logger;
  newReference: () => string;
  onCall: BrokerOptions<Identity>['onCall'];
}

class Session<Identity> implements BrokerSession {
  readonly #tally: Tally;
  readonly #everyCall: ConcurrencyLimit;
  readonly #httpCalls: ConcurrencyLimit;
  readonly #secrets: ReadonlySet<string>;
  readonly #permissionsUsed = new Set<PermissionName>();
  readonly #ending = new AbortController();
  readonly #ended = brokerErrors.error(
    'RUN_ENDED',
    'The run has ended, so its ctx answers no more calls. Await every call before the handler returns.',
  );
  readonly #untilEnd: Promise<never>;
  readonly #onAbort = (): void => this.close();

  constructor(
    private readonly parts: SessionParts<Identity>,
    private readonly run: BrokerRun<Identity>,
  ) {
    this.#tally = new Tally({ ...effectiveLimits('route'), ...run.quotas });
    this.#everyCall = new ConcurrencyLimit(this.#tally.quotas.hostCallsAtOnce);
    this.#httpCalls = new ConcurrencyLimit(this.#tally.quotas.httpCallsAtOnce);
    this.#secrets = new Set(run.secretsDeclared);
    this.#untilEnd = new Promise<never>((_resolve, reject) =>
      this.#ending.signal.addEventListener('abort', () => reject(this.#ended), { once: true }),
    );
    this.#untilEnd.catch(() => undefined);
    if (run.signal?.aborted) this.close();
    else run.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async call(call: HostCall): Promise<HostCallAnswer> {
    const seen: Seen = { method: null, permission: null };
    let result: HostCallAnswer;
    try {
      result = await this.#answer(call, seen);
    } catch (thrown) {
      result = this.#failure(thrown, seen);
    }
    this.parts.onCall?.({ ...seen, identity: this.run.identity, code: result.ok ? 'OK' : result.code });
    return result;
  }

  usage(): BrokerUsage {
    return {
      hostCalls: this.#tally.hostCalls,
      httpCallsAtOnce: this.#httpCalls.peak,
      ...this.#tally.usedByQuota(),
      permissionsUsed: [...this.#permissionsUsed],
    };
  }

  close(): void {
    if (this.#ending.signal.aborted) return;
    this.run.signal?.removeEventListener('abort', this.#onAbort);
    this.#everyCall.close(this.#ended);
    this.#httpCalls.close(this.#ended);
    this.#ending.abort(this.#ended);
  }

  async #answer(call: HostCall, seen: Seen): Promise<HostCallAnswer> {
    const { signal } = this.#ending;
    if (signal.aborted) throw this.#ended;
    this.#tally.countCall();
    const row = findHostCall(call.method);
    if (!row) throw unknownCall(call.method, hostMethods);
    seen.method = row.name;
    const grant = requireGrant(row, this.run.grants);
    if (call.args.length + (call.text?.length ?? 0) >= LARGE_TEXT) {
      await largeWork.turn();
      if (signal.aborted) throw this.#ended;
    }
    const args = readArgs(row, call);
    checkScope(row, args, grant);
    if (row.name === 'secrets.get') requireDeclared((args as [string])[0], this.#secrets);
    if (row.meter) this.#tally.countMeter(row.meter);
    if (row.permission) this.#permissionsUsed.add((seen.permission = row.permission));
    const limit = row.meter === 'http_calls' ? this.#httpCalls : this.#everyCall;
    await limit.enter();
    try {
      const handler = this.parts.handlers[row.name] as AnyHandler<Identity>;
      const context = { method: row.name, identity: this.run.identity, grant: grant ?? null, signal };
      const result = await Promise.race([handler(args, context), this.#untilEnd]);
      return { ok: true, value: writeResult(row, result) };
    } finally {
      limit.leave();
    }
  }

  #failure(thrown: unknown, seen: Seen): HostCallAnswer & { ok: false } {
    const known = this.#ending.signal.aborted ? this.#ended : thrown;
    if (isAnnexError(known)) return { ok: false, code: known.code, message: clip(known.detail) };
    const reference = this.parts.newReference();
    this.parts.logger.error({ err: known, reference, method: seen.method }, 'a host call failed');
    return {
      ok: false,
      code: 'PLATFORM_ERROR',
      message: `ctx.${seen.method ?? 'call'} failed inside the platform. Tell its operator the reference ${reference}.`,
    };
  }
}

interface Seen {
  method: HostMethod | null;
  permission: PermissionName | null;
}

function requireGrant(
  row: HostCallRow & { name: HostMethod },
  grants: readonly PermissionGrant[],
): PermissionGrant | undefined {
  if (row.permission === null) return undefined;
  const grant = findGrant(grants, row.permission);
  if (grant) return grant;
  throw denied(
    `ctx.${row.name} needs the permission "${row.permission}" (${permissionTexts[row.permission].title}), which ` +
      'this installation was not granted. ' +
      `Name it in the manifest's permissions and have an admin grant it.`,
  );
}

function checkScope(row: HostCallRow & { name: HostMethod }, args: unknown, grant: PermissionGrant | undefined): void {
  if (!grant || !row.touches) return;
  const { table, host } = row.touches(args);
  if (table !== undefined && !grantsTable(grant, table)) {
    throw denied(
      `"${grant.name}" is granted for the tables ${list(grant.tables)} only, not for ${quote(table)}. Name the ` +
        'table in the manifest and have an admin grant it.',
    );
  }
  if (host !== undefined && grant.hosts && !grant.hosts.some((pattern) => coversHost(withoutPort(pattern), host))) {
    throw denied(
      `"${grant.name}" is granted for the hosts ${list(grant.hosts)} only, not for ${quote(host)}. Name the host ` +
        'in the manifest and have an admin grant it.',
    );
  }
}

function requireDeclared(name: string, declared: ReadonlySet<string>): void {
  if (declared.has(name)) return;
  throw denied(
    `The manifest does not name the secret ${quote(name)}, so this plugin may not read it. Add it to the ` +
      `manifest's secrets.`,
  );
}

function denied(detail: string): AnnexError {
  return brokerErrors.error('PERMISSION_DENIED', detail);
}

/** Bytes cross only at the top of an answer; everything below is JSON already. */
function writeResult(row: HostCallRow & { name: HostMethod }, result: unknown): string {
  const value =
    result instanceof Uint8Array
      ? `{"$bytes":"${Buffer.from(result.buffer, result.byteOffset, result.byteLength).toString('base64')}"}`
      : (JSON.stringify(result) ?? 'null');
  const bytes = value.length > row.maxResultBytes ? value.length : Buffer.byteLength(value);
  if (bytes <= row.maxResultBytes) return value;
  throw brokerErrors.error(
    'RESULT_TOO_LARGE',
    `The answer of ctx.${row.name} is ${bytes} bytes; the limit is ${row.maxResultBytes}. Ask for less at a time.`,
  );
}

function withoutPort(pattern: string): string {
  return pattern.replace(/:\d{1,5}$/, '');
}

function list(names: readonly string[] | undefined): string {
  return names?.length ? names.map((name) => quote(name)).join(', ') : '(none)';
}

function clip(text: string): string {
  return text.length > callLimits.messageChars ? `${text.slice(0, callLimits.messageChars)}…` : text;
}
