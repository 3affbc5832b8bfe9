import { Outlet, Link } from '@tanstack/react-router';
import type { PortalSession } from '@annex/client';
import { useEffect, useState, type ReactNode } from 'react';
import { onSignedOut } from '../api/query-client';
import { Empty } from '../parts/empty';
import { placeGroups } from '../shell/navigation';
import { useAt } from '../shell/go';
import classes from './frame.module.css';
import { tellPortalEnded } from './portal-session';

/** What stands around the screens of a portal: its title, and the way to the others. */
export function PortalFrame({ session: { screens, look } }: { session: PortalSession }): ReactNode {
  const hasEnded = useEnd();
  if (hasEnded)
    return (
      <main className={classes.main}>
        <Empty title="This page has ended">Load the page around it again to go on.</Empty>
      </main>
    );
  return (
    <div className={classes.frame}>
      {(look?.title ?? look?.logo_url) && (
        <header className={classes.head}>
          {look?.logo_url && <img src={look.logo_url} alt="" height={28} referrerPolicy="no-referrer" />}
          {look?.title && <strong>{look.title}</strong>}
        </header>
      )}
      {screens.length > 1 && <PortalNavigation screens={screens} />}
      <main className={classes.main} id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function PortalNavigation({ screens }: { screens: readonly string[] }): ReactNode {
  const at = useAt();
  const places = placeGroups
    .flatMap((group) => group.places)
    .filter(({ to }) => screens.includes(to === '' ? 'overview' : to));
  return (
    <nav className={classes.nav} aria-label="Screens">
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
    </nav>
  );
}

/** Whether the session is over; the page around is told. */
function useEnd(): boolean {
  const [hasEnded, setEnded] = useState(false);
  useEffect(
    () =>
      onSignedOut(() => {
        setEnded(true);
        tellPortalEnded();
      }),
    [],
  );
  return hasEnded;
}
