import { lesserRole, type Access, type Caller } from '@annex/access';
import type { FastifyRequest } from 'fastify';
import { apiErrors } from '../http/errors.js';
import { isPortalCall, portalCalls } from './portal-screens.js';

/**
 * Who calls with the session of a portal: whoever made its link, with the lesser role and without any right beyond the
 * tenant. Throws `UNAUTHENTICATED`, and `FORBIDDEN` for a call that none of its screens needs.
 */
export async function portalCallerOf(access: Access, bearer: string, request: FastifyRequest): Promise<Caller> {
  const terms = await access.portal.openSession(bearer);
  if (!terms)
    throw apiErrors.error('UNAUTHENTICATED', 'The portal’s session has ended. Ask for another link to it.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  const { method } = request;
  const route = request.routeOptions.url ?? '';
  if (!isPortalCall(portalCalls(terms.screens), method === 'HEAD' ? 'GET' : method, route))
    throw apiErrors.error('FORBIDDEN', `This portal opens ${terms.screens.join(', ')}, and no other call of the API.`);
  const asked = request.headers['x-tenant-slug'];
  if (asked !== undefined && asked !== terms.tenant)
    throw apiErrors.error('FORBIDDEN', `This portal opens the tenant ${terms.tenant} alone.`);
  const principal = await access.authenticate(terms.bearer);
  const { caller } = await access.resolveTenant(principal, { slugHeader: terms.tenant }, request.id);
  if (!caller) throw apiErrors.error('FORBIDDEN', 'Whoever made the link belongs to the tenant no more.');
  const role = lesserRole(caller.role, terms.role);
  return {
    ...caller,
    role,
    user: caller.user && { ...caller.user, role },
    principal: { ...principal, operator: false },
  };
}
