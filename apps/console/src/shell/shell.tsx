import { AnnexProblem, type Profile } from '@annex/client';
import { Burger, Kbd, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate, useRouteContext } from '@tanstack/react-router';
import Search from 'lucide-react/icons/search';
import { useEffect, type ReactNode } from 'react';
import { annexOf } from '../api/client';
import { onSignedOut } from '../api/query-client';
import type { Place as TenantPlace } from '../api/session';
import { TenantProvider, useTenant } from '../api/tenant';
import { PortalFrame } from '../portal/frame';
import { portalSession } from '../portal/portal-session';
import { AccountMenu } from './account-menu';
import { placeGroups } from './navigation';
import { useLeaveSupport } from './leave-support';
import { Palette } from './palette';
import { SupportBanner } from './support-banner';
import { supportIn } from './support-entry';
import { TenantSwitch } from './tenant-switch';
import { useAt } from './go';
import classes from './shell.module.css';

/** What stands around every screen of a tenant. */
export function Shell(): ReactNode {
  const { profile, place } = useRouteContext({ strict: false }) as unknown as { profile: Profile; place: TenantPlace };
  const { data: tenant } = useQuery({
    queryKey: [place.slug, 'getOwnTenant'],
    queryFn: ({ signal }) => annexOf(place.slug).getOwnTenant({ signal }),
    staleTime: 60_000,
  });
  const portal = portalSession();
  return (
    <TenantProvider place={place} profile={profile} tenant={tenant}>
      {portal ? <PortalFrame session={portal} /> : <Frame />}
    </TenantProvider>
  );
}

function Frame(): ReactNode {
  useSignInAgain();
  const [isOpen, menu] = useDisclosure();
  const { pathname } = useLocation();
  const { close } = menu;
  useEffect(() => close(), [pathname, close]);
  useHotkeys([['/', () => document.querySelector<HTMLInputElement>('[data-search]')?.focus()]]);
  return (
    <div className={classes.frame} data-open={isOpen}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className={classes.bar}>
        <Burger
          opened={isOpen}
          onClick={menu.toggle}
          size="sm"
          aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isOpen}
        />
        <Mark />
        <UnstyledButton className={classes.barSearch} onClick={spotlight.open} aria-label="Search and commands">
          <Search size={18} />
        </UnstyledButton>
      </header>
      <aside className={classes.side}>
        <div className={classes.brand}>
          <Mark />
        </div>
        <TenantSwitch />
        <UnstyledButton className={classes.search} onClick={spotlight.open}>
          <Search size={15} />
          <span>Search</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </UnstyledButton>
        <Navigation />
        <AccountMenu />
      </aside>
      <main className={classes.main} id="content" tabIndex={-1}>
        <SupportBanner />
        <Outlet />
      </main>
      <Palette />
    </div>
  );
}

function Mark(): ReactNode {
  const at = useAt();
  return (
    <Link to={at('')} className={classes.mark}>
      <img src="/console/icon.svg" alt="" width={24} height={24} />
      Annex
    </Link>
  );
}

function Navigation(): ReactNode {
  const { can } = useTenant();
  const at = useAt();
  return (
    <nav className={classes.nav} aria-label="Screens">
      {placeGroups.map((group, index) => {
        const places = group.places.filter(({ needs }) => can(needs));
        if (places.length === 0) return null;
        return (
          <div key={group.label ?? index} className={classes.group}>
            {group.label && <p className={classes.groupLabel}>{group.label}</p>}
            {places.map(({ label, to, icon: Icon }) => (
              <Link
                key={to}
                to={at(to)}
                className={classes.place}
                activeOptions={{ exact: to === '', includeSearch: false }}
                activeProps={{ 'data-active': true, 'aria-current': 'page' } as object}
              >
                <Icon size={16} />
                {label}
              </Link>
            ))}
          </div>
        );
      })}
    </nav>
  );
}

/** A session that ended leads to the sign-in, and from there back to this very screen. */
function useSignInAgain(): void {
  const { slug } = useTenant();
  const navigate = useNavigate();
  const client = useQueryClient();
  const leaveSupport = useLeaveSupport();
  useEffect(() => {
    let isHere = true;
    const askAgain = (thrown: unknown): void => {
      if (!isHere || !(thrown instanceof AnnexProblem) || thrown.status !== 401) return;
      isHere = false;
      const { pathname, search } = location;
      client.clear();
      void navigate({
        to: '/sign-in',
        search: { to: `${pathname.replace(/^\/console/, '')}${search}`, ended: '1' } as never,
      });
    };
    const stop = onSignedOut(() => {
      if (supportIn(slug)) void leaveSupport();
      // An entry for support that is over says the same as a session that is: the session itself is asked.
      else annexOf().getProfile().catch(askAgain);
    });
    return () => {
      isHere = false;
      stop();
    };
  }, [navigate, client, slug, leaveSupport]);
}
