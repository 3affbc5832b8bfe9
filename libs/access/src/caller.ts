import type { Id, TenantActor } from '@annex/kernel';
import type { Role } from './roles.js';

export interface TenantRef {
  id: Id<'tenant'>;
  slug: string;
  name: string;
  /** When its data goes: it was deleted, and nobody enters it. Left out: it lives. */
  erasesAt?: Date;
  /** Why nobody but operators enters it: it is suspended. Left out: it is open. */
  shutFor?: string;
}

/** A place in one tenant. */
export interface Membership {
  tenant: TenantRef;
  /** The user's row in that tenant; `null` for a token that no user owns. */
  userId: Id<'user'> | null;
  email: string | null;
  role: Role;
}

/** Who signed in, before a tenant is chosen. */
export interface Principal {
  /** `usr_…`, `tok_…`, `oidc:<subject>` of somebody without an account, or `system`. */
  actor: string;
  /** May act in every tenant. */
  operator: boolean;
  /** The operator's own row, if it is one. */
  operatorId: Id<'user'> | null;
  email: string | null;
  memberships: readonly Membership[];
  /** The API token that was shown, if it was one. */
  tokenId: Id<'token'> | null;
  /** The sign-in with a password, if it was one. */
  sessionId: Id<'session'> | null;
  /** When what was shown stops being good, milliseconds since the epoch; `null`: never. */
  expiresAt: number | null;
}

/** Who acts in a tenant, and with what right. */
export interface Caller extends TenantActor {
  principal: Principal;
  tenant: TenantRef;
  /** The role in force: an operator's is `owner` everywhere. */
  role: Role;
  /** What a plugin sees as `ctx.user`; `null` for a token that no user owns, and for the platform itself. */
  user: { id: string; email: string | null; role: Role } | null;
  requestId: string;
}

/** A tenant that was found, and who calls in it; `null`: nobody has signed in. */
export interface Resolved {
  tenant: TenantRef;
  caller: Caller | null;
}

/** The platform itself, as it sets things up. */
export const systemPrincipal: Principal = Object.freeze({
  actor: 'system',
  operator: true,
  operatorId: null,
  email: null,
  memberships: [],
  tokenId: null,
  sessionId: null,
  expiresAt: null,
});

/** The platform itself, at work in one tenant. */
export function systemCaller(tenant: TenantRef, requestId = 'system'): Caller {
  return { principal: systemPrincipal, actor: 'system', tenant, role: 'owner', user: null, requestId };
}

/** The caller that a principal is in a tenant, or `null` when the tenant is none of its. */
export function callerIn(principal: Principal, tenant: TenantRef, requestId: string): Caller | null {
  for (const membership of principal.memberships) {
    if (membership.tenant.id !== tenant.id) continue;
    const role = principal.operator ? 'owner' : membership.role;
    return {
      principal,
      actor: principal.tokenId ?? membership.userId ?? principal.actor,
      tenant: membership.tenant,
      role,
      user: membership.userId === null ? null : { id: membership.userId, email: membership.email, role },
      requestId,
    };
  }
  if (!principal.operator) return null;
  const user =
    principal.operatorId === null ? null : { id: principal.operatorId, email: principal.email, role: 'owner' as const };
  return { principal, actor: principal.actor, tenant, role: 'owner', user, requestId };
}

/** The user's row that stands behind a caller in its tenant, if there is one. */
export function userIdOf(caller: Caller): Id<'user'> | null {
  return caller.principal.memberships.find((membership) => membership.tenant.id === caller.tenant.id)?.userId ?? null;
}
