import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Caller, Role } from '@annex/access';
import { roleAtLeast } from '@annex/access';
import type { InstallationSnapshot } from '@annex/execution';
import type { Id } from '@annex/kernel';
import type { FastifyRequest } from 'fastify';
import { Webhook } from 'standardwebhooks';
import { single } from '../http/caller.js';
import { apiErrors } from '../http/errors.js';

/** How a route is guarded (CONTRACT §3). */
export type RouteAuth = 'member' | 'public' | { hmac: { secret: string; header?: string; scheme?: 'sha256' | 'github' | 'stripe' | 'standard-webhooks' } };

/** Reads one declared secret of an installation, or `undefined` when it is not set. */
export type SecretReader = (tenantId: Id<'tenant'>, installationId: Id<'installation'>, name: string) => Promise<string | undefined>;

/** Signed requests older than this are replays. Seconds. */
const TOLERANCE_S = 300;

export interface Admission {
  auth: RouteAuth;
  /** Roles the route names; each lets every higher role in. `null`: any member. */
  roles: string[] | null;
  caller: Caller | null;
  request: FastifyRequest;
  tenantId: Id<'tenant'>;
  snapshot: InstallationSnapshot;
  readSecret: SecretReader;
}

/** Lets a request through to a route, or throws 401 (`UNAUTHENTICATED`, `INVALID_SIGNATURE`) or 403 (`FORBIDDEN`). */
export async function admit({ auth, roles, caller, request, tenantId, snapshot, readSecret }: Admission): Promise<void> {
  if (auth === 'public') return;
  if (auth === 'member') {
    if (!caller) throw apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
    if (roles && roles.length > 0 && !roles.some((role) => roleAtLeast(caller.role, role as Role))) {
      throw apiErrors.error('FORBIDDEN', `This route is for ${roles.join(', ')}; your role is ${caller.role}.`);
    }
    return;
  }
  const secret = await readSecret(tenantId, snapshot.installationId, auth.hmac.secret);
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  if (secret === undefined || !verifySignature(auth.hmac, secret, request, body)) {
    throw apiErrors.error('INVALID_SIGNATURE', 'The signature of the request does not match. Sign its exact body with the secret that both sides keep.');
  }
}

function verifySignature(hmac: Extract<RouteAuth, object>['hmac'], secret: string, request: FastifyRequest, body: Buffer): boolean {
  const header = (name: string) => single(request.headers[name.toLowerCase()]);
  switch (hmac.scheme ?? 'sha256') {
    case 'sha256':
      return matchesHex(header(hmac.header ?? 'X-Signature'), secret, body);
    case 'github':
      return matchesHex(header(hmac.header ?? 'X-Hub-Signature-256'), secret, body, true);
    case 'stripe':
      return matchesStripe(header(hmac.header ?? 'Stripe-Signature'), secret, body);
    case 'standard-webhooks':
      return matchesStandardWebhooks(request, secret, body);
    default:
      return false;
  }
}

/** `sha256=<hex>`, or bare hex where the scheme does not insist on the prefix. */
function matchesHex(signature: string | undefined, secret: string, body: Buffer, prefixed = false): boolean {
  const hex = /^(sha256=)?([0-9a-f]{64})$/i.exec(signature ?? '');
  if (!hex || (prefixed && !hex[1])) return false;
  return equal(Buffer.from(hex[2] ?? '', 'hex'), createHmac('sha256', secret).update(body).digest());
}

/** `t=<seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`. */
function matchesStripe(signature: string | undefined, secret: string, body: Buffer): boolean {
  const parts = (signature ?? '').slice(0, 2000).split(',').map((part) => part.trim().split('='));
  const time = Number(parts.find(([key]) => key === 't')?.[1]);
  if (!Number.isInteger(time) || Math.abs(Date.now() / 1000 - time) > TOLERANCE_S) return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return parts.some(([key, value]) => key === 'v1' && /^[0-9a-f]{64}$/i.test(value ?? '') && equal(Buffer.from(value ?? '', 'hex'), expected));
}

/** Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`. A secret without `whsec_` is its UTF-8 bytes. */
function matchesStandardWebhooks(request: FastifyRequest, secret: string, body: Buffer): boolean {
  const key = secret.startsWith('whsec_') ? secret : `whsec_${Buffer.from(secret, 'utf8').toString('base64')}`;
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
  try {
    new Webhook(key).verify(body, Object.fromEntries(names.map((name) => [name, single(request.headers[name]) ?? ''])));
    return true;
  } catch {
    return false;
  }
}

function equal(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
