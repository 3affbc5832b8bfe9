import { isUtf8 } from 'node:buffer';
import type { HostHandlers } from '@annex/host-api';
import { LARGE_TEXT, largeWork, readUtf8, systemClock, type Clock } from '@annex/kernel';
import { httpLimits } from '@annex/limits';
import type { EgressPort, SecretsPort } from './ports.js';
import { appendQuery } from './query.js';
import type { RunIdentity } from './run-identity.js';
import { fillSecretRefs } from './secret-refs.js';

export interface HttpOptions {
  egress: EgressPort;
  secrets: Pick<SecretsPort, 'readForRef'>;
  /** Told of the bytes of the bodies of each call that was answered. Default: nobody is. */
  onTransferred?: (identity: RunIdentity, bytes: number) => void;
  /** Default: the machine's own. */
  clock?: Clock;
}

/** `ctx.http` and the global `fetch`. */
export function httpHandlers({
  egress,
  secrets,
  onTransferred,
  clock = systemClock,
}: HttpOptions): Pick<HostHandlers<RunIdentity>, 'http.request'> {
  return {
    'http.request': async ([{ method, url, headers, query, body, timeout_ms, redirect }], { identity, signal }) => {
      const { snapshot, runLimits, deadlineMs } = identity;
      const asked = {
        url: query ? withQuery(url, query) : url,
        headers: headers ?? [],
        body: body ? (body.encoding === 'utf8' ? body.data : Buffer.from(body.data, 'base64')) : null,
      };
      if (isLarge(asked.body)) await largeWork.turn();
      const { request, carriesSecret, hide } = await fillSecretRefs(asked, { identity, secrets });
      if (isLarge(request.body)) await largeWork.turn();
      const sent = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
      const answer = await egress.request({
        ...request,
        body: sent,
        method,
        allowHosts: snapshot.allowHosts,
        timeoutMs: Math.max(1, Math.min(timeout_ms ?? httpLimits.defaultTimeoutMs, deadlineMs - clock.now())),
        maxRequestBytes: runLimits.httpBodyBytes,
        maxResponseBytes: runLimits.httpBodyBytes,
        signal,
        source: `${snapshot.tenant.slug}/${snapshot.slug}`,
        tenant: snapshot.tenantId,
        hops: identity.cause.depth,
        ...(redirect && { redirect }),
        ...(carriesSecret && { stayOnOrigin: true }),
      });
      onTransferred?.(identity, answer.body.byteLength + (sent?.byteLength ?? 0));
      identity.noteUse('httpBodyBytes', Math.max(answer.body.byteLength, sent?.byteLength ?? 0));
      const bytes = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength);
      const text = isUtf8(bytes);
      return {
        status: answer.status,
        headers: answer.headers,
        url: hide(answer.url),
        body: {
          encoding: text ? ('utf8' as const) : ('base64' as const),
          data: text ? readUtf8(bytes) : bytes.toString('base64'),
        },
      };
    },
  };
}

function isLarge(body: string | Uint8Array | null): boolean {
  return body !== null && body.length >= LARGE_TEXT;
}

/** A URL that cannot be read is egress' to refuse. */
function withQuery(url: string, query: Parameters<typeof appendQuery>[1]): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  appendQuery(parsed, query);
  return parsed.href;
}
