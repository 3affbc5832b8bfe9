import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller, Principal } from '@annex/access';
import type { RunsCaller } from '@annex/runs';
import type { Database, PlatformTransaction, TenantTransaction } from '@annex/database';
import { completeIdempotent, forgetIdempotent, reserveIdempotent } from './rows/idempotency.js';
import { SetMetadata, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import { single } from './authentication.js';
import { apiErrors } from './errors.js';
import { isStream } from './file-body.js';
import type { Fingerprints } from './fingerprints.js';
import { readUpload } from './upload.js';

/** Keeps an answer in a transaction of the work; throws when another request has taken the key. */
type KeepAnswer = (tx: TenantTransaction, status: number, answer: unknown) => Promise<void>;
/** The reservation of the request that a caller object was made for. */
const reservations = new WeakMap<Caller, KeepAnswer>();

/**
 * The caller of work whose answer is kept in the transaction that does it, if there is an Idempotency-Key: whoever asks
 * again after a crash at any moment gets that answer and not the work twice. An answer that the request gives later, if
 * it gets so far, takes its place.
 */
export function answered<Done>(caller: Caller, status: number, answerOf: (done: Done) => unknown): RunsCaller<Done> {
  const keep = reservations.get(caller);
  return keep ? { ...caller, beforeCommit: (tx, done) => keep(tx, status, answerOf(done)) } : caller;
}

const SHOWN_ONCE = Symbol('shown once');

/** Names fields of an answer that may be kept nowhere: a replay leaves them out. */
export const ShownOnce = (fields: readonly string[]): MethodDecorator => SetMetadata(SHOWN_ONCE, fields);

/** A request as far as its key is concerned. */
interface Keyed {
  key: string;
  actor: string;
  /** Runs work in a transaction where the keys of such callers stand. */
  transact: <T>(work: (tx: TenantTransaction | PlatformTransaction) => Promise<T>) => Promise<T>;
  caller: Caller | undefined;
  request: FastifyRequest;
  reply: FastifyReply;
  next: CallHandler;
  shownOnce: readonly string[];
}

/** Headers of an answer that belong to it, and come with it again. */
const KEPT_HEADERS = ['etag', 'location'];
/**
 * Under this name the digest of a body that came as a stream is kept beside the headers: it is known only when the
 * stream has ended.
 */
const BODY_DIGEST = 'annex-body-digest';

/**
 * `Idempotency-Key` on mutations (IETF draft-ietf-httpapi-idempotency-key-header): within 24 hours the first response
 * is given again; 409 while the first request still runs, 422 when the key comes with another request. A request that
 * failed inside Annex leaves no trace, so it may be tried again.
 */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly database: Database,
    private readonly reflector: Reflector,
    private readonly fingerprints: Fingerprints,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { caller?: Caller; principal?: Principal }>();
    const key = single(request.headers['idempotency-key']);
    const { caller, principal } = request;
    if (key === undefined || !principal || request.method === 'GET' || request.method === 'HEAD') return next.handle();
    const { database } = this;
    const keyed: Keyed = {
      key,
      caller,
      request,
      next,
      reply: context.switchToHttp().getResponse<FastifyReply>(),
      shownOnce: this.reflector.get<readonly string[] | undefined>(SHOWN_ONCE, context.getHandler()) ?? [],
      ...(caller
        ? { actor: caller.actor, transact: (work) => database.forTenant(caller.tenant.id).transaction(work) }
        : { actor: principal.actor, transact: (work) => database.platform(work) }),
    };
    return defer(() => from(this.#once(keyed)));
  }

  async #once(keyed: Keyed): Promise<unknown> {
    const { key, actor, transact, caller, request, reply, next, shownOnce } = keyed;
    if (key.length === 0 || key.length > 255)
      throw apiErrors.error('BAD_REQUEST', `Idempotency-Key has ${key.length} characters; send 1 to 255.`);
    const body = await readBody(request);
    const entry = {
      actor,
      key,
      ...this.fingerprints.of(`${request.method} ${request.url}\n${body.text}`),
    };
    const first = await transact((tx) => reserveIdempotent(tx, entry));
    switch (first.state) {
      case 'replay': {
        const { [BODY_DIGEST]: digest, ...headers } = first.headers;
        if (digest !== undefined && digest !== (await body.digestUnread())) throw mismatch();
        void reply.status(first.status).headers(headers).header('idempotent-replayed', 'true');
        return first.body === null ? undefined : JSON.parse(first.body);
      }
      case 'in-flight':
        throw inFlight();
      case 'mismatch':
        throw mismatch();
      case 'reserved': {
        if (caller) {
          reservations.set(caller, async (tx, status, answer) => {
            if (
              !(await completeIdempotent(tx, {
                ...entry,
                claim: first.claim,
                status,
                body: keptText(answer, shownOnce),
              }))
            )
              throw inFlight();
          });
        }
        try {
          const value: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
          const headers = { ...keptHeaders(reply), ...body.digest() };
          await transact((tx) =>
            completeIdempotent(tx, {
              ...entry,
              claim: first.claim,
              status: reply.statusCode,
              headers,
              body: keptText(value, shownOnce),
            }),
          );
          return value;
        } catch (thrown) {
          const forget = (): Promise<void> => transact((tx) => forgetIdempotent(tx, { ...entry, claim: first.claim }));
          await forget().catch(() => void forgetLater(forget));
          throw thrown;
        }
      }
    }
  }
}

interface ReadBody {
  /** What tells two requests apart before they are worked on. */
  text: string;
  /** Of a stream that the work has read: its digest, to be kept with the answer. */
  digest: () => Record<string, string>;
  /** The digest of a stream that nobody has read. */
  digestUnread: () => Promise<string>;
}

/** A body that came as a stream is not read here, but as it is read by whoever works with it. */
async function readBody(request: FastifyRequest): Promise<ReadBody> {
  const none = { digest: () => ({}), digestUnread: () => Promise.resolve('') };
  if (request.isMultipart()) {
    const { bytes, enable, grant, signature } = await readUpload(request);
    return {
      ...none,
      text: JSON.stringify({
        file: createHash('sha256').update(bytes).digest('hex'),
        enable,
        grant: grant ?? null,
        signature,
      }),
    };
  }
  const { body } = request;
  if (!isStream(body)) return { ...none, text: JSON.stringify(body ?? null) };
  const hash = createHash('sha256');
  request.body = tapped(body, hash);
  return {
    text: '',
    digest: () => ({ [BODY_DIGEST]: hash.digest('hex') }),
    digestUnread: async () => {
      for await (const chunk of request.body as Readable) void chunk;
      return hash.digest('hex');
    },
  };
}

/** The same stream, with everything that flows through it hashed. Nothing does before somebody reads it. */
function tapped(body: Readable, hash: Hash): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) =>
      typeof reply.getHeader(name) === 'string' ? [[name, String(reply.getHeader(name))]] : [],
    ),
  );
}

function mismatch(): Error {
  return apiErrors.error(
    'IDEMPOTENCY_MISMATCH',
    'This Idempotency-Key was used for another request within 24 hours. Use a new key.',
  );
}

function inFlight(): Error {
  return apiErrors.error(
    'IDEMPOTENCY_IN_FLIGHT',
    'The first request with this Idempotency-Key has not ended yet. Try again in a moment.',
    { retryAfterS: 1 },
  );
}

/**
 * What failed may be tried again: as soon as PostgreSQL is back, if that was away. A key that never gets so far counts
 * as abandoned in the end.
 */
async function forgetLater(forget: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await sleep(250 * 2 ** Math.min(attempt, 4), undefined, { ref: false });
    const forgotten = await forget().then(
      () => true,
      () => false,
    );
    if (forgotten) return;
  }
}

/** An answer as it is kept, without what is shown once. */
function keptText(value: unknown, shownOnce: readonly string[]): string | null {
  if (value === undefined) return null;
  if (shownOnce.length === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([field]) => !shownOnce.includes(field))));
}
