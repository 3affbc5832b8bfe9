import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';

/** Goes on to where somebody wanted to be before the sign-in. */
export function useWayBack(): (to: string | undefined) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (to) => {
    client.clear();
    // Only a path of the console: an address that somebody made up leads nowhere else.
    const [path = '/', search = ''] = (to?.startsWith('/') && !to.startsWith('//') ? to : '/').split('?');
    return navigate({ to: path, search: Object.fromEntries(new URLSearchParams(search)) as never });
  };
}

const key = 'annex-sign-in-to';

/** Keeps the way back while the browser is at the identity provider. */
export function keepWayBack(to: string | undefined): void {
  if (to === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, to);
}

/** The way back that was kept. */
export function keptWayBack(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}
