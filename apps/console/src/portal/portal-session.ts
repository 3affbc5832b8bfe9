import type { PortalSession } from '@annex/client';

let session: PortalSession | undefined;

/** The portal that the page shows; `undefined`: it is the console itself. Its token is kept here and nowhere else. */
export function portalSession(): PortalSession | undefined {
  return session;
}

export function keepPortalSession(opened: PortalSession): void {
  session = opened;
}

/** Whether a portal's session covers a call: `route` as the API describes it, `/api/runs/{id}/cancel`. */
export function portalMayCall({ calls }: Pick<PortalSession, 'calls'>, method: string, route: string): boolean {
  const path = route.replaceAll(/\{\w+\}/g, '*');
  return calls.some((call) => {
    const [verb, prefix = ''] = call.split(' ');
    return (verb === '*' || verb === method) && (path === prefix || path.startsWith(`${prefix}/`));
  });
}

/** Tells the page around that the session has ended, so that it can ask for another link. Nothing secret is in it. */
export function tellPortalEnded(): void {
  if (window.parent !== window) window.parent.postMessage({ type: 'annex.portal.ended' }, '*');
}
