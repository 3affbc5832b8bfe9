import { createAnnex, type Annex } from '@annex/client';
import { supportIn } from '../shell/support-entry';
import { portalSession } from '../portal/portal-session';

const clients = new Map<string, Annex>();

/** The API in one tenant, or in none. The session comes with the browser's cookie; the header says that it is ours. */
export function annexOf(tenant?: string): Annex {
  const support = supportIn(tenant);
  const key = `${tenant ?? ''} ${support?.id ?? ''}`;
  const known = clients.get(key);
  if (known) return known;
  const token = portalSession()?.access_token ?? support?.token;
  const own = token !== undefined ? { token } : { headers: { 'x-annex-console': '1' } };
  const made = createAnnex({ url: location.origin, ...own, ...(tenant && { tenant }) });
  clients.set(key, made);
  return made;
}
