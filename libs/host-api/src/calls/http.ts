import { isJsonObject, KiB, type Json } from '@annex/kernel';
import { httpLimits, maxHttpBodyBytes } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { headerList, httpBody, query } from '../wire.js';

/** Base64 makes three bytes four characters. Text full of quotes may double in JSON and is refused a little earlier. */
const onTheWire = Math.ceil(maxHttpBodyBytes / 3) * 4 + 256 * KiB;

/** The body's data, whose place holds `null`. */
function putBody(args: Json, text: string): boolean {
  const [request] = Array.isArray(args) ? args : [];
  const body = isJsonObject(request) ? request['body'] : undefined;
  if (!isJsonObject(body) || body['data'] !== null) return false;
  body['data'] = text;
  return true;
}

export const httpCalls = {
  'http.request': row({
    args: z.tuple([
      z.strictObject({
        method: z.string().min(1).max(32),
        url: z.string().min(1).max(httpLimits.urlChars),
        headers: headerList.nullish(),
        query: query.nullish(),
        body: httpBody.nullish(),
        timeout_ms: z.number().positive().nullish(),
        redirect: z.enum(['follow', 'manual', 'error']).nullish(),
      }),
    ]),
    result: z.object({ status: z.number().int(), headers: headerList, url: z.string(), body: httpBody }),
    permission: 'outbound_http',
    touches: ([{ url }]) => {
      const host = URL.parse(url)?.hostname.replace(/\.$/, '');
      return host ? { host } : {};
    },
    meter: 'http_calls',
    putText: putBody,
    maxArgsBytes: onTheWire,
    maxResultBytes: 2 * onTheWire,
    doc:
      'Sends a request to a host of the manifest’s `http.allow`, never to a private address. Follows up to 3 ' +
      'redirects, each checked again; with `redirect: "manual"` answers the redirect itself, with `"error"` fails ' +
      'with `EGRESS_REDIRECTS`. Answers status, headers and body whatever the status is.',
    example: "await ctx.http.post('https://api.slack.com/api/chat.postMessage', { channel, text })",
  }),
};
