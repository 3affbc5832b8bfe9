/** Screens of the console in the page of somebody else (ADR 0061). */
import { createAnnex, type PortalSession, type Profile } from '@annex/client';
import type { MantineColorScheme } from '@mantine/core';
import { createMemoryHistory } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { queryClient } from '../api/query-client';
import { profileQuery } from '../api/session';
import { App } from '../app';
import { Page } from '../parts/page';
import { Problem } from '../parts/problem';
import { makeRouter } from '../router';
import { shadesOf } from './colours';
import { keepPortalSession } from './portal-session';

/** Opens the portal that the address names, and answers what the page shows. */
export async function openPortal(): Promise<ReactNode> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  // What opens the portal stays in no address and no history.
  history.replaceState(null, '', location.pathname);
  try {
    const session = await createAnnex({ url: location.origin }).beginPortalSession({ body: { token } });
    keepPortalSession(session);
    queryClient.setQueryData(profileQuery.queryKey, profileOf(session));
    return <Portal session={session} />;
  } catch (thrown) {
    return (
      <App>
        <Page title="This page cannot be shown">
          <Problem error={thrown} />
        </Page>
      </App>
    );
  }
}

function Portal({ session: { tenant, screens, look } }: { session: PortalSession }): ReactNode {
  const [first = 'overview'] = screens;
  const start = `/console/t/${tenant.slug}${first === 'overview' ? '' : `/${first}`}`;
  const router = makeRouter(createMemoryHistory({ initialEntries: [start] }));
  return (
    <App
      router={router}
      {...(look?.colour && { shades: shadesOf(look.colour) })}
      {...(look?.scheme &&
        look.scheme !== 'auto' && { scheme: look.scheme as MantineColorScheme & ('light' | 'dark') })}
    />
  );
}

/** Nobody has an account here: the page around knows who looks. */
function profileOf({ tenant, role, expires_at: expiresAt }: PortalSession): Profile {
  return {
    id: null,
    email: null,
    name: null,
    operator: false,
    has_password: false,
    tenants: [{ id: '', slug: tenant.slug, name: tenant.name, role }],
    signed_in_with: 'identity_provider',
    expires_at: expiresAt,
  };
}
