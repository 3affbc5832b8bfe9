import type { Caller, Role } from '@annex/access';
import { roleAtLeast } from '@annex/access';
import type { InstallationSnapshot } from '@annex/execution';
import type { Id } from '@annex/kernel';
import type { RouteAuth, RouteHmac, RouteToken } from '@annex/manifest';
import { verifySignature, verifyToken } from '@annex/webhooks';
import type { FastifyRequest } from 'fastify';
import { single } from '../http/authentication.js';
import { apiErrors } from '../http/errors.js';
import { requestTarget } from './read-request.js';

export type { RouteAuth };

/** Reads one declared secret of an installation, or `undefined` when it is not set. */
export type SecretReader = (
  tenantId: Id<'tenant'>,
  installationId: Id<'installation'>,
  name: string,
) => Promise<string | undefined>;

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
export async function admit({
  auth,
  roles,
  caller,
  request,
  tenantId,
  snapshot,
  readSecret,
}: Admission): Promise<void> {
  if (auth === 'public') return;
  if (auth === 'member') {
    if (!caller)
      throw apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
    if (!mayCall(auth, roles, caller))
      throw apiErrors.error('FORBIDDEN', `This route is for ${roles?.join(', ')}; your role is ${caller.role}.`);
    return;
  }
  const secret = await readSecret(
    tenantId,
    snapshot.installationId,
    'hmac' in auth ? auth.hmac.secret : auth.token.secret,
  );
  if ('hmac' in auth) {
    if (secret !== undefined && isSigned(auth.hmac, secret, request)) return;
    throw apiErrors.error(
      'INVALID_SIGNATURE',
      'The signature of the request does not match. Sign its exact body with the secret that both sides keep.',
    );
  }
  if (secret !== undefined && isKnown(auth.token, secret, request)) return;
  throw apiErrors.error('INVALID_SIGNATURE', 'The request does not carry the secret that both sides keep.');
}

/** Whether who calls is enough to be let through; where a secret lets through, it is not. */
export function mayCall(auth: RouteAuth, roles: string[] | null, caller: Caller | null): boolean {
  if (auth === 'public') return true;
  if (auth !== 'member' || !caller) return false;
  return !roles || roles.length === 0 || roles.some((role) => roleAtLeast(caller.role, role as Role));
}

/**
 * Whether a route is called with a secret of the plugin's in `Authorization`, which then is no token of this platform.
 */
export function ownsAuthorization(auth: RouteAuth): boolean {
  return (
    typeof auth === 'object' &&
    'token' in auth &&
    (auth.token.header?.toLowerCase() ??
      (schemeOf(auth.token) === 'bearer' || schemeOf(auth.token) === 'basic' ? 'authorization' : '')) ===
      'authorization'
  );
}

function isSigned(
  { scheme = 'sha256', header, url, algorithm, encoding, prefix, signs }: RouteHmac,
  secret: string,
  request: FastifyRequest,
): boolean {
  return verifySignature({
    scheme,
    secret,
    header: (name) => single(request.headers[name]),
    body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
    nowMs: Date.now(),
    signatureHeader: header,
    url: url ?? `${request.protocol}://${request.host}${requestTarget(request)}`,
    form: {
      ...(algorithm && { algorithm }),
      ...(encoding && { encoding }),
      ...(prefix !== undefined && { prefix }),
      ...(signs && { signs }),
    },
  });
}

function isKnown(token: RouteToken, secret: string, request: FastifyRequest): boolean {
  return verifyToken({
    scheme: schemeOf(token),
    secret,
    header: (name) => single(request.headers[name]),
    tokenHeader: token.header,
  });
}

function schemeOf({ scheme, header }: RouteToken): NonNullable<RouteToken['scheme']> {
  return scheme ?? (header === undefined ? 'bearer' : 'token');
}
