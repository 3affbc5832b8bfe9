import { gateOf, routeOf, type Gate, type Name, type Profile, type Role } from '@annex/client';
import { queryOptions } from '@tanstack/react-query';
import { portalMayCall, portalSession } from '../portal/portal-session';
import { supportIn } from '../shell/support-entry';
import { annexOf } from './client';

/** Who is signed in, and where they belong. */
export const profileQuery = queryOptions({
  queryKey: ['profile'],
  queryFn: ({ signal }) => annexOf().getProfile({ signal }),
  staleTime: 60_000,
});

const ranks: Readonly<Record<Role, number>> = { viewer: 0, member: 1, developer: 2, admin: 3, owner: 4 };

/** Roles from the lowest to the highest. */
export const roles = Object.keys(ranks) as Role[];

/** Whether somebody with this role may make a call. The API says who may; nothing here does. */
export function mayCall(name: Name, { role, operator }: { role: Role | undefined; operator: boolean }): boolean {
  const gate: Gate = gateOf(name);
  const portal = portalSession();
  if (portal && !portalMayCall(portal, ...routeOf(name))) return false;
  if (gate === 'public' || gate === 'signed-in') return true;
  if (gate === 'operator') return operator;
  return role !== undefined && ranks[role] >= ranks[gate];
}

/** A tenant as somebody sees it. */
export interface Place {
  slug: string;
  name: string;
  role: Role;
}

/** What somebody is in a tenant. Operators act in every tenant, as its owner. */
export function placeIn(profile: Profile, slug: string): Place | undefined {
  const support = supportIn(slug);
  if (support) return support;
  const own = profile.tenants.find((tenant) => tenant.slug === slug);
  if (profile.operator) return { slug, name: own?.name ?? slug, role: 'owner' };
  return own;
}

const lastTenantKey = 'annex-last-tenant';

/** The tenant that was looked at last on this machine, if it still is one of theirs. */
export function lastTenant(profile: Profile): string | undefined {
  const kept = localStorage.getItem(lastTenantKey);
  const [first, ...others] = profile.tenants;
  if (kept !== null && (profile.operator || profile.tenants.some(({ slug }) => slug === kept))) return kept;
  return others.length === 0 && !profile.operator ? first?.slug : undefined;
}

export function rememberTenant(slug: string): void {
  // A frame in the page of somebody else may not keep anything.
  if (!portalSession()) localStorage.setItem(lastTenantKey, slug);
}

export function forgetTenant(): void {
  localStorage.removeItem(lastTenantKey);
}
