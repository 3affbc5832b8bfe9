import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { annexOf } from '../api/client';
import { useTenant } from '../api/tenant';
import { keepSupport, supportIn } from './support-entry';

/** Leads an operator who is in the tenant for support out again, to the tenant as operators see it. */
export function useLeaveSupport(): () => Promise<void> {
  const { slug } = useTenant();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(async () => {
    const entry = supportIn(slug);
    if (!entry) return;
    keepSupport(undefined);
    await client.cancelQueries();
    client.clear();
    await navigate({ to: `/t/${slug}/operator/tenants/${slug}` });
    // Ended last, since the screen that is left asks with it until it is gone; and by the operator, since who may only
    // look ends no token. If that fails it ends by itself, at its time.
    await annexOf(slug)
      .deleteToken({ path: { id: entry.id } })
      .catch(() => undefined);
  }, [slug, client, navigate]);
}
