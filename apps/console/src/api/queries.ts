import type { Annex, Input, Item, ListName, Name, Output } from '@annex/client';
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import { announceProblem } from './query-client';
import { useTenant } from './tenant';

export interface QueryOptions<N extends Name> {
  /** `false`: it is not asked for. Default: `true`. */
  enabled?: boolean;
  /** Milliseconds until it is asked for again, given what came last; `false`: never. Default: never. */
  every?: number | false | ((last: Output<N> | undefined) => number | false);
}

/** A call by its name. Each name takes its own input, which TypeScript cannot follow through a variable. */
export function callOf<N extends Name>(annex: Annex, name: N): (input: Input<N>) => Promise<Output<N>> {
  return annex[name] as unknown as (input: Input<N>) => Promise<Output<N>>;
}

/** What a call of the tenant's API answers, kept and asked for again as it grows old. */
export function useAnnex<N extends Name>(
  name: N,
  input: Input<N>,
  { enabled = true, every = false }: QueryOptions<N> = {},
): UseQueryResult<Output<N>> {
  const { annex, slug } = useTenant();
  return useQuery({
    queryKey: [slug, name, input],
    queryFn: ({ signal }) => callOf(annex, name)({ ...input, signal }),
    enabled,
    refetchInterval: typeof every === 'function' ? (query) => every(query.state.data as Output<N> | undefined) : every,
  }) as UseQueryResult<Output<N>>;
}

export interface ListResult<T> {
  items: T[];
  isLoading: boolean;
  error: Error | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
  reload: () => void;
}

/** A list, page after page as the reader gets to its end. */
export function useAnnexList<N extends ListName>(
  name: N,
  input: Input<N>,
  { enabled = true, every = false }: { enabled?: boolean; every?: number | false } = {},
): ListResult<Item<N>> {
  const { annex, slug } = useTenant();
  const found = useInfiniteQuery({
    queryKey: [slug, name, input, 'pages'],
    queryFn: async ({ pageParam, signal }) => {
      const given = input as { query?: Record<string, unknown> };
      const query = { ...given.query, ...(pageParam !== undefined && { cursor: pageParam }) };
      const page = await callOf(annex, name as Name)({ ...input, query, signal } as unknown as Input<Name>);
      return page as unknown as { items: Item<N>[]; next_cursor: string | null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
    refetchInterval: every,
  });
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  return {
    items,
    isLoading: found.isLoading,
    error: found.error,
    hasMore: found.hasNextPage,
    isLoadingMore: found.isFetchingNextPage,
    loadMore: () => void (found.hasNextPage && !found.isFetchingNextPage && found.fetchNextPage()),
    reload: () => void found.refetch(),
  };
}

/** Makes a call that changes something; everything shown of the tenant is asked for again then. */
export function useCall<N extends Name>(name: N): UseMutationResult<Output<N>, Error, Input<N>> {
  const { annex, slug } = useTenant();
  const client = useQueryClient();
  return useMutation<Output<N>, Error, Input<N>>({
    mutationFn: (input: Input<N>) => callOf(annex, name)({ idempotencyKey: crypto.randomUUID(), ...input }),
    onError: announceProblem,
    // Not waited for: what follows a change must not hang on lists that come again.
    onSettled: () => void client.invalidateQueries({ queryKey: [slug] }),
  });
}
