/** How a sender proves who it is, and what a handler sees of its request. */
import { isUtf8 } from 'node:buffer';
import { callerHeader, withheldHeaders } from '@annex/execution';
import type { RouteAuth } from '@annex/manifest';
import type { RouteRequest } from '@annex/sandbox';
import { tokenHeaderOf, verifySignature, verifyToken, type HookPreset, type InboundRequest } from '@annex/webhooks';

/** The preset whose habits a sender has that proves itself so. */
export function presetOf(auth: RouteAuth): HookPreset {
  if (typeof auth === 'string') return 'none';
  return 'hmac' in auth ? (auth.hmac.scheme ?? 'sha256') : tokenScheme(auth);
}

function tokenScheme({ token }: Extract<RouteAuth, { token: unknown }>): 'bearer' | 'basic' | 'token' | 'gitlab' {
  return token.scheme ?? (token.header === undefined ? 'bearer' : 'token');
}

interface Proof {
  secret: string;
  header: (name: string) => string | undefined;
  request: InboundRequest;
  nowMs: number;
}

/** Whether a request proves that it comes from whoever keeps the secret. */
export function proves(auth: Exclude<RouteAuth, string>, { secret, header, request, nowMs }: Proof): boolean {
  if ('token' in auth)
    return verifyToken({ scheme: tokenScheme(auth), secret, header, tokenHeader: auth.token.header });
  const { scheme = 'sha256', header: signatureHeader, url = request.url, secret: _name, ...form } = auth.hmac;
  return verifySignature({ scheme, secret, header, body: request.body, nowMs, signatureHeader, url, form });
}

const withheld = new Set([...withheldHeaders, callerHeader]);

/** What `receive` sees: the request, without what proves who sent it. */
export function routeRequest(request: InboundRequest, auth: RouteAuth): RouteRequest {
  const token =
    typeof auth === 'object' && 'token' in auth ? tokenHeaderOf(tokenScheme(auth), auth.token.header) : undefined;
  const { body } = request;
  return {
    method: request.method,
    url: request.url,
    headers: Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      value === undefined || withheld.has(name) || name === token
        ? []
        : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
    params: {},
    query: { ...request.query },
    body:
      body.length === 0
        ? null
        : isUtf8(body)
          ? { encoding: 'utf8', data: body.toString('utf8') }
          : { encoding: 'base64', data: body.toString('base64') },
  };
}
