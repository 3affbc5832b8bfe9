import type { Actor } from '@annex/client';
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, type ReactNode } from 'react';
import { useTenant } from '../api/tenant';

const Names = createContext<ReadonlyMap<string, Actor>>(new Map());
/** Ids that one call takes. */
const maxIds = 100;

/** Finds the names of those who are shown inside, with one call for all of them. */
export function Actors({ ids, children }: { ids: readonly (string | null)[]; children: ReactNode }): ReactNode {
  const { annex, slug, can } = useTenant();
  const asked = [...new Set(ids.filter((id) => id !== null))].toSorted().slice(0, maxIds).join(',');
  const { data } = useQuery({
    queryKey: [slug, 'listActors', asked],
    queryFn: ({ signal }) => annex.listActors({ query: { ids: asked }, signal }),
    enabled: asked !== '' && can('listActors'),
    staleTime: 60_000,
  });
  const names = new Map((data?.items ?? []).map((actor) => [actor.id, actor]));
  return <Names.Provider value={names}>{children}</Names.Provider>;
}

/** Somebody by name, or by id where nobody has told it. */
export function ActorName({ id }: { id: string | null }): ReactNode {
  const actor = useContext(Names).get(id ?? '');
  if (id === null) return <span className="quiet">nobody</span>;
  return <span title={id}>{actor?.name ?? (id === 'system' ? 'Annex' : id)}</span>;
}
