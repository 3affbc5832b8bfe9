/** The door for what others send: `POST /hooks/:tenant/:source`. Nobody signs in; the signature over the exact bytes says who it is. */
import type { Access } from '@annex/access';
import { hopsHeader, readHops } from '@annex/egress';
import { isAnnexError, type Logger } from '@annex/kernel';
import { webhookErrors, type InboundHooks, type WebhooksCaller } from '@annex/webhooks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { single } from '../http/caller.js';
import { sendProblem } from '../http/problem.js';
import { InFlight } from './in-flight.js';
import { takeRawBodies } from './raw-bodies.js';

export interface HooksDoorOptions {
  access: Access;
  hooks: InboundHooks;
  logger: Logger;
  /** Bytes of a request body. Default 1 MiB. */
  bodyLimit: number;
}

type HookRequest = FastifyRequest<{ Params: { tenant: string; source: string } }>;

/** Requests to one tenant's sources under way at once. */
const inFlightPerTenant = 50;

/** Adds the door to the server, in a scope of its own: bodies arrive as bytes, whatever their type. */
export async function addHooksDoor(server: FastifyInstance, { access, hooks, logger, bodyLimit }: HooksDoorOptions): Promise<void> {
  const inFlight = new InFlight(inFlightPerTenant, 'incoming webhooks');
  await server.register(async (scope) => {
    takeRawBodies(scope, bodyLimit);
    scope.setErrorHandler((thrown, request, reply) => sendProblem(thrown, request, reply, logger));
    scope.route({
      method: 'POST',
      url: '/hooks/:tenant/:source',
      bodyLimit,
      handler: async (request: HookRequest, reply: FastifyReply) => {
        const tenant = await findTenant(access, request);
        const leave = inFlight.enter(tenant.id);
        try {
          const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
          const reception = await hooks.receive(tenant, request.params.source, { headers: request.headers, body }, readHops(single(request.headers[hopsHeader])));
          switch (reception.kind) {
            case 'challenge':
              return await reply.status(200).send({ challenge: reception.challenge });
            case 'duplicate':
              return await reply.status(200).send({ event_id: reception.eventId, duplicate: true });
            case 'accepted':
              return await reply.status(202).send({ event_id: reception.eventId });
          }
        } finally {
          leave();
        }
      },
    });
  });
}

/** A tenant that is not there answers as a source that is not: nobody outside learns which it was. */
async function findTenant(access: Access, request: HookRequest): Promise<WebhooksCaller['tenant']> {
  try {
    const { tenant } = await access.resolveTenant(null, { pathSlug: request.params.tenant }, request.id);
    return tenant;
  } catch (thrown) {
    if (isAnnexError(thrown) && thrown.kind.fault === 'caller') throw webhookErrors.error('HOOK_NOT_FOUND', 'Nothing is received here.');
    throw thrown;
  }
}
