import { isUtf8 } from 'node:buffer';
import type { HostArgs, HostHandlers } from '@annex/host-api';
import { systemClock, type Clock } from '@annex/kernel';
import type { EgressPort } from './ports.js';
import type { RunIdentity } from './run-identity.js';

/** How long an outbound call may take when the plugin does not say, in milliseconds. */
const defaultTimeoutMs = 10_000;

type Query = NonNullable<HostArgs<'http.request'>[0]['query']>;

/** `ctx.http` and the global `fetch`. */
export function httpHandlers(egress: EgressPort, clock: Clock = systemClock): Pick<HostHandlers<RunIdentity>, 'http.request'> {
  return {
    'http.request': async ([{ method, url, headers, query, body, timeout_ms }], { identity, signal }) => {
      const { snapshot, runLimits, deadlineMs } = identity;
      const answer = await egress.request({
        method,
        url: query ? withQuery(url, query) : url,
        headers: headers ?? [],
        body: body ? (body.encoding === 'utf8' ? body.data : Buffer.from(body.data, 'base64')) : null,
        allowHosts: snapshot.allowHosts,
        timeoutMs: Math.max(1, Math.min(timeout_ms ?? defaultTimeoutMs, deadlineMs - clock.now())),
        maxResponseBytes: runLimits.httpBodyBytes,
        signal,
        source: `${snapshot.tenant.slug}/${snapshot.slug}`,
        hops: identity.hops,
      });
      const bytes = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength);
      const text = isUtf8(bytes);
      return {
        status: answer.status,
        headers: answer.headers,
        url: answer.url,
        body: { encoding: text ? ('utf8' as const) : ('base64' as const), data: bytes.toString(text ? 'utf8' : 'base64') },
      };
    },
  };
}

/** Adds parameters after those that the URL has; `null` leaves one out, a list repeats it. A URL that cannot be read is egress' to refuse. */
function withQuery(url: string, query: Query): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  for (const [name, value] of Object.entries(query)) {
    if (value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) parsed.searchParams.append(name, String(one));
  }
  return parsed.href;
}
