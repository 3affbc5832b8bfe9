import type { Profile } from '@annex/client';
import { Button } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useRouteContext } from '@tanstack/react-router';
import ChevronRight from 'lucide-react/icons/chevron-right';
import type { ReactNode } from 'react';
import { annexOf } from '../../api/client';
import { forgetTenant } from '../../api/session';
import { Problem } from '../../parts/problem';
import { Tag } from '../../parts/status';
import classes from './account.module.css';

/** The tenants that somebody may enter: their own, and for operators all. */
export function PickTenant(): ReactNode {
  const { profile } = useRouteContext({ strict: false }) as unknown as { profile: Profile };
  const client = useQueryClient();
  const navigate = useNavigate();
  useDocumentTitle('Choose a tenant · Annex');
  const all = useInfiniteQuery({
    queryKey: ['tenants'],
    queryFn: ({ pageParam, signal }) =>
      annexOf().listTenants({ query: { limit: 100, ...(pageParam && { cursor: pageParam }) }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: profile.operator,
  });
  const own = profile.tenants.map(({ slug, name, role }) => ({ slug, name, role: role as string }));
  const others = (all.data?.pages.flatMap((page) => page.items) ?? [])
    .filter(({ slug }) => !own.some((tenant) => tenant.slug === slug))
    .map(({ slug, name }) => ({ slug, name, role: 'operator' }));
  const shown = [...own, ...others];
  const leave = async (): Promise<void> => {
    await annexOf().endBrowserSession();
    forgetTenant();
    client.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <main className={classes.stage}>
      <div className={classes.card}>
        <img src="/console/icon.svg" alt="" width={40} height={40} />
        <h1>Choose a tenant</h1>
        <div className={classes.form}>
          {shown.length === 0 && !all.isLoading && (
            <p>You belong to no tenant yet. Somebody who administers one can invite you.</p>
          )}
          <ul className={classes.tenants}>
            {shown.map(({ slug, name, role }) => (
              <li key={slug}>
                <Link to={`/t/${slug}`}>
                  <span>
                    <strong>{name}</strong>
                    <small>{slug}</small>
                  </span>
                  <span style={{ flexDirection: 'row', alignItems: 'center', gap: 8 }}>
                    <Tag>{role}</Tag>
                    <ChevronRight size={16} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          {all.hasNextPage && (
            <Button variant="default" loading={all.isFetchingNextPage} onClick={() => void all.fetchNextPage()}>
              More
            </Button>
          )}
          {all.error && <Problem error={all.error} onRetry={() => void all.refetch()} />}
          <Button variant="subtle" color="gray" onClick={() => void leave()}>
            Sign out
          </Button>
        </div>
      </div>
    </main>
  );
}
