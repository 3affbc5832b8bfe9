import type { Annex, Role } from '@annex/client';

/** A call of a plugin's route, as somebody with a role would make it. */
export interface RouteCall {
  slug: string;
  method: string;
  path: string;
  role: Role;
  /** Sent as JSON. Default: nothing. */
  body: string | undefined;
}

export interface RouteAnswer {
  status: number;
  statusText: string;
  type: string;
  /** At most 100,000 characters. It is shown as text, whatever it is. */
  text: string;
  tookMs: number;
}

/** Seconds of the token that opens a route, since the console's cookie opens none. It is revoked afterwards. */
const tokenLifeS = 60;
const maxShown = 100_000;

/** Calls a route and gives what it answered, refusals too. Throws `AnnexProblem` when no token was to be had. */
export async function callRoute(annex: Annex, { slug, method, path, role, body }: RouteCall): Promise<RouteAnswer> {
  const { id, token = '' } = await annex.createToken({
    body: { name: `console: ${method} ${path}`.slice(0, 100), role, expires_in_s: tokenLifeS },
  });
  try {
    const began = performance.now();
    const response = await annex.callPlugin(slug, path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      statusText: response.statusText,
      type: response.headers.get('content-type') ?? '',
      text: pretty(text).slice(0, maxShown),
      tookMs: performance.now() - began,
    };
  } finally {
    await annex.deleteToken({ path: { id } }).catch(() => undefined);
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
