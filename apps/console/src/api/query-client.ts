import { AnnexProblem } from '@annex/client';
import { QueryCache, QueryClient } from '@tanstack/react-query';

type Listener = () => void;
const listeners = new Set<Listener>();

/** Tells when the server says that nobody is signed in any more. Returns its undo. */
export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells everybody who listens. */
export function announceProblem(thrown: unknown): void {
  if (thrown instanceof AnnexProblem && thrown.status === 401) for (const listener of listeners) listener();
}

/** A server that restarts or is busy is asked again; what it refuses is not. */
function mayPass(thrown: unknown): boolean {
  return !(thrown instanceof AnnexProblem) || thrown.status === 429 || thrown.status >= 500;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: announceProblem }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, thrown) => failures < 4 && mayPass(thrown),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
