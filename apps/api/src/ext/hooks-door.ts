/**
 * The door for what others send: `POST /hooks/:tenant/:source`, where `:source` is one of the tenant's own, or
 * `<slug>.<name>` of a package. Nobody signs in; the signature over the exact bytes
 * says who it is.
 */
import type { Access } from '@annex/access';
import { hopsHeader, readHops } from '@annex/egress';
import { isAnnexError, KiB, type TenantActor } from '@annex/kernel';
import { isPackageSource, type Receiving, type SourceReception } from '@annex/sources';
import { methodFault, webhookErrors, type InboundHooks, type InboundRequest, type Reception } from '@annex/webhooks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyReader } from '../http/body-reader.js';
import { single } from '../http/authentication.js';
import { corsHeaders, isPreflight, policyOf, preflightHeaders } from '../http/cors.js';
import type { Problems } from '../http/problem.js';
import { documentPolicy } from './answer.js';
import { InFlight } from './in-flight.js';
import { takeRawBodies } from './raw-bodies.js';
import { readQuery, requestTarget } from './read-request.js';

export interface HooksDoorOptions {
  access: Access;
  hooks: InboundHooks;
  receiving: Receiving;
  problems: Problems;
  /** Bytes of a request body. */
  bodyLimit: number;
  bodies: BodyReader;
}

type HookRequest = FastifyRequest<{ Params: { tenant: string; source: string } }>;

/** Requests to one tenant's sources under way at once. */
const inFlightPerTenant = 50;

/** Adds the door to the server, in a scope of its own: bodies arrive as bytes, whatever their type. */
export async function addHooksDoor(server: FastifyInstance, options: HooksDoorOptions): Promise<void> {
  const { problems, bodyLimit } = options;
  const door = new HooksDoor(options);
  await server.register(async (scope) => {
    takeRawBodies(scope, options.bodies);
    scope.addHook('onRequest', (request, _reply, next) => {
      if (isSmall(request)) return next();
      door.requireSource(request as HookRequest).then(() => next(), next);
    });
    scope.addHook('onRequest', (request, reply, next) => {
      if (request.headers.origin === undefined) return next();
      void door.allowOrigin(request as HookRequest, reply).then((isDone) => void (isDone || next()));
    });
    scope.setErrorHandler((thrown, request, reply) => problems.send(thrown, request, reply));
    scope.route({
      // Senders ask with other methods whether somebody is there (`answerHandshake`).
      method: ['POST', 'GET', 'HEAD', 'OPTIONS'],
      url: '/hooks/:tenant/:source',
      bodyLimit,
      exposeHeadRoute: false,
      handler: (request: HookRequest, reply: FastifyReply) => door.handle(request, reply),
    });
  });
}

class HooksDoor {
  readonly #inFlight = new InFlight(inFlightPerTenant, 'incoming webhooks');

  constructor(private readonly options: HooksDoorOptions) {}

  async handle(request: HookRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { access } = this.options;
    const inbound = inboundOf(request);
    const fault = methodFault(inbound);
    if (fault) throw fault;
    const tenant = await findTenant(access, request);
    const leave = this.#inFlight.enter(tenant.id);
    try {
      const reception = await this.#receive(tenant, request, inbound);
      switch (reception.kind) {
        case 'challenge':
          return await reply.status(200).send({ challenge: reception.challenge });
        case 'handshake':
          // What a sender says is repeated to it: nothing that a browser would run.
          return await reply
            .status(reception.status)
            .headers({
              ...reception.headers,
              'x-content-type-options': 'nosniff',
              'content-security-policy': documentPolicy,
              'cache-control': 'no-store',
            })
            .send(reception.text);
        case 'duplicate':
          return await reply.status(200).send({ event_id: reception.eventId, duplicate: true });
        case 'accepted':
          return await reply.status(202).send({ event_id: reception.eventId });
        case 'taken': {
          const { events, duplicates, rejected, eventIds } = reception;
          // Nothing new came of it: the same request again, or one without events.
          const status = events + rejected > 0 ? 202 : 200;
          return await reply.status(status).send({ events, duplicates, rejected, event_ids: eventIds });
        }
      }
    } finally {
      leave();
    }
  }

  #receive(
    tenant: TenantActor['tenant'],
    request: HookRequest,
    inbound: InboundRequest,
  ): Promise<Reception | SourceReception> {
    const { hooks, receiving, bodyLimit } = this.options;
    const { source } = request.params;
    const hops = readHops(single(request.headers[hopsHeader]));
    const limits = { hops, maxBytes: bodyLimit };
    if (isPackageSource(source)) return receiving.receive(tenant, source, inbound, limits);
    return unlessNotFound(hooks.receive(tenant, source, inbound, limits), () =>
      receiving.receive(tenant, source, inbound, limits),
    );
  }

  /** Before a large body is read: throws `HOOK_NOT_FOUND` when nobody would take it. */
  async requireSource(request: HookRequest): Promise<void> {
    const { access, hooks, receiving } = this.options;
    const { source } = request.params;
    const tenant = await findTenant(access, request);
    const require = (): Promise<void> => receiving.require(tenant, source);
    await (isPackageSource(source) ? require() : unlessNotFound(hooks.requireSource(tenant, source), require));
  }

  /**
   * Gives the answer the headers of CORS that its source says. Answers whether that was all: a preflight ends here.
   * Never rejects.
   */
  async allowOrigin(request: HookRequest, reply: FastifyReply): Promise<boolean> {
    const { access, hooks } = this.options;
    const rules = await findTenant(access, request)
      .then((tenant) => hooks.corsOf(tenant, request.params.source))
      .catch(() => null);
    if (!rules) return false;
    const policy = policyOf(rules, ['POST']);
    if (isPreflight(request)) {
      void reply.status(204).headers(preflightHeaders(policy, request)).send();
      return true;
    }
    void reply.headers(corsHeaders(policy, request));
    return false;
  }
}

/** A tenant's own source stands behind its webhook of the same name. */
async function unlessNotFound<T, U>(first: Promise<T>, second: () => Promise<U>): Promise<T | U> {
  try {
    return await first;
  } catch (thrown) {
    if (!isAnnexError(thrown) || thrown.code !== 'HOOK_NOT_FOUND') throw thrown;
    return second();
  }
}

/** A body that costs less than asking whether anybody takes it. */
const smallBodyBytes = 64 * KiB;

function isSmall({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= smallBodyBytes;
}

function inboundOf(request: HookRequest): InboundRequest {
  const target = requestTarget(request);
  return {
    method: request.method,
    url: `${request.protocol}://${request.host}${target}`,
    query: readQuery(target),
    headers: request.headers,
    body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
  };
}

/** A tenant that is not there answers as a source that is not: nobody outside learns which it was. */
async function findTenant(access: Access, request: HookRequest): Promise<TenantActor['tenant']> {
  try {
    const { tenant } = await access.resolveTenant(null, { pathSlug: request.params.tenant }, request.id);
    return tenant;
  } catch (thrown) {
    if (isAnnexError(thrown) && thrown.kind.fault === 'caller')
      throw webhookErrors.error('HOOK_NOT_FOUND', 'Nothing is received here.');
    throw thrown;
  }
}
