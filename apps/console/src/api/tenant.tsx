import type { Annex, Name, Profile, Tenant } from '@annex/client';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { annexOf } from './client';
import { supportIn } from '../shell/support-entry';
import { mayCall, type Place } from './session';

/** Where the reader is: everything below it belongs to this tenant. */
export interface TenantContext extends Place {
  profile: Profile;
  /** The API in this tenant. */
  annex: Annex;
  /** IANA zone in which its people read times. */
  zone: string;
  /** Whether the reader may make a call here. */
  can: (name: Name) => boolean;
}

const Context = createContext<TenantContext | undefined>(undefined);

/** Names the tenant for everything inside. */
export function TenantProvider({
  place,
  profile,
  tenant,
  children,
}: {
  place: Place;
  profile: Profile;
  tenant: Tenant | undefined;
  children: ReactNode;
}): ReactNode {
  const support = supportIn(place.slug)?.id;
  const value = useMemo(
    (): TenantContext => ({
      slug: place.slug,
      role: place.role,
      name: tenant?.name ?? place.name,
      profile,
      annex: annexOf(place.slug),
      zone: tenant?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      can: (name) => mayCall(name, { role: place.role, operator: profile.operator && support === undefined }),
    }),
    [place.slug, place.role, place.name, support, profile, tenant?.name, tenant?.timezone],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The tenant that a screen is in. Throws outside of one: a mistake of the console. */
export function useTenant(): TenantContext {
  const found = useContext(Context);
  if (!found) throw new Error('This screen belongs to a tenant and was opened outside of one.');
  return found;
}

/** The zone to show times in: the tenant's, or the browser's outside of tenants. */
export function useZone(): string {
  return useContext(Context)?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
