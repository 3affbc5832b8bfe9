import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTenant } from '../../api/tenant';
import type { Filters } from '../../parts/filters';

/** The list is asked for at most so often, however much runs. */
const quietMs = 800;

/** Asks for the list of runs again as soon as one begins, moves or ends. */
export function useLiveRuns(isOn: boolean, { plugin, kind, status }: Filters): void {
  const { annex, slug } = useTenant();
  const client = useQueryClient();
  useEffect(() => {
    if (!isOn) return undefined;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const query = { ...(plugin && { plugin }), ...(kind && { kind }), ...(status && { status }) } as never;
    const follow = async (): Promise<void> => {
      const stream = annex.follow('streamRuns', { query, signal: ending.signal });
      for await (const _ of stream)
        timer ??= setTimeout(() => {
          timer = undefined;
          void client.invalidateQueries({ queryKey: [slug, 'listRuns'] });
        }, quietMs);
    };
    follow().catch(() => undefined);
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [isOn, plugin, kind, status, annex, slug, client]);
}
