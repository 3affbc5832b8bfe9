import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '@annex/access';
import type { RunsCaller } from '@annex/dispatch';
import type { Database, TenantTransaction } from '@annex/persistence';
import { completeIdempotent, releaseIdempotent, reserveIdempotent } from '@annex/persistence';
import { SetMetadata, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import { single } from './caller.js';
import { apiErrors } from './errors.js';
import { isStream } from './file-body.js';

/** Keeps an answer in a transaction of the work; throws when another request has taken the key. */
type KeepAnswer = (tx: TenantTransaction, status: number, answer: unknown) => Promise<void>;
/** The reservation of the request that a caller object was made for. */
const reservations = new WeakMap<Caller, KeepAnswer>();

/**
 * The caller of work whose answer is kept in the transaction that does it, if there is an Idempotency-Key: whoever asks again after a crash at any
 * moment gets that answer and not the work twice. An answer that the request gives later, if it gets so far, takes its place.
 */
export function answered<Done>(caller: Caller, status: number, answerOf: (done: Done) => unknown): RunsCaller<Done> {
  const keep = reservations.get(caller);
  return keep ? { ...caller, beforeCommit: (tx, done) => keep(tx, status, answerOf(done)) } : caller;
}

const SHOWN_ONCE = Symbol('shown once');

/** Names fields of an answer that may be kept nowhere: a replay leaves them out. */
export const ShownOnce = (fields: readonly string[]): MethodDecorator => SetMetadata(SHOWN_ONCE, fields);

/**
 * `Idempotency-Key` on mutations (IETF draft-ietf-httpapi-idempotency-key-header): within 24 hours the first response is given again; 409 while the
 * first request still runs, 422 when the key comes with another request. A request that failed inside Annex leaves no trace, so it may be tried again.
 */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly database: Database,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { caller?: Caller }>();
    const key = single(request.headers['idempotency-key']);
    const { caller } = request;
    if (key === undefined || !caller || request.method === 'GET' || request.method === 'HEAD' || request.isMultipart() || isStream(request.body)) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const shownOnce = this.reflector.get<readonly string[] | undefined>(SHOWN_ONCE, context.getHandler()) ?? [];
    return defer(() => from(this.#once({ key, caller, request, reply, next, shownOnce })));
  }

  async #once({ key, caller, request, reply, next, shownOnce }: { key: string; caller: Caller; request: FastifyRequest; reply: FastifyReply; next: CallHandler; shownOnce: readonly string[] }): Promise<unknown> {
    if (key.length > 255) throw apiErrors.error('BAD_REQUEST', 'Idempotency-Key is longer than 255 characters.');
    const scope = this.database.forTenant(caller.tenant.id);
    const fingerprint = createHash('sha256').update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`).digest('hex');
    const entry = { actor: caller.actor, key, fingerprint };
    const first = await scope.transaction((tx) => reserveIdempotent(tx, entry));
    switch (first.state) {
      case 'replay':
        void reply.status(first.status).header('idempotent-replayed', 'true');
        return first.body === null ? undefined : JSON.parse(first.body);
      case 'in-flight':
        throw inFlight();
      case 'mismatch':
        throw apiErrors.error('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used for another request within 24 hours. Use a new key.');
      case 'reserved': {
        reservations.set(caller, async (tx, status, answer) => {
          if (!(await completeIdempotent(tx, { ...entry, claim: first.claim, status, body: keptText(answer, shownOnce) }))) throw inFlight();
        });
        try {
          const value: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
          await scope.transaction((tx) => completeIdempotent(tx, { ...entry, claim: first.claim, status: reply.statusCode, body: keptText(value, shownOnce) }));
          return value;
        } catch (thrown) {
          const release = (): Promise<void> => scope.transaction((tx) => releaseIdempotent(tx, { ...entry, claim: first.claim }));
          await release().catch(() => void releaseLater(release));
          throw thrown;
        }
      }
    }
  }
}

function inFlight(): Error {
  return apiErrors.error('IDEMPOTENCY_IN_FLIGHT', 'The first request with this Idempotency-Key has not ended yet. Try again in a moment.', { retryAfterS: 1 });
}

/** What failed may be tried again: as soon as PostgreSQL is back, if that was away. A key that never gets so far counts as abandoned in the end. */
async function releaseLater(release: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await sleep(250 * 2 ** Math.min(attempt, 4), undefined, { ref: false });
    const released = await release().then(
      () => true,
      () => false,
    );
    if (released) return;
  }
}

/** An answer as it is kept, without what is shown once. */
function keptText(value: unknown, shownOnce: readonly string[]): string | null {
  if (value === undefined) return null;
  if (shownOnce.length === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([field]) => !shownOnce.includes(field))));
}
