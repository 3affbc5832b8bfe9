import type { Caller, Role } from '@annex/access';
import { roleAtLeast } from '@annex/access';
import type { InstallationSnapshot } from '@annex/execution';
import type { Id } from '@annex/kernel';
import { verifySignature } from '@annex/webhooks';
import type { FastifyRequest } from 'fastify';
import { single } from '../http/caller.js';
import { apiErrors } from '../http/errors.js';

/** How a route is guarded (CONTRACT §3). */
export type RouteAuth = 'member' | 'public' | { hmac: { secret: string; header?: string; scheme?: 'sha256' | 'github' | 'stripe' | 'standard-webhooks' } };

/** Reads one declared secret of an installation, or `undefined` when it is not set. */
export type SecretReader = (tenantId: Id<'tenant'>, installationId: Id<'installation'>, name: string) => Promise<string | undefined>;

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
  const signed = { scheme: auth.hmac.scheme ?? 'sha256', header: (name: string) => single(request.headers[name]), body, nowMs: Date.now(), signatureHeader: auth.hmac.header };
  if (secret === undefined || !verifySignature({ ...signed, secret })) {
    throw apiErrors.error('INVALID_SIGNATURE', 'The signature of the request does not match. Sign its exact body with the secret that both sides keep.');
  }
}
