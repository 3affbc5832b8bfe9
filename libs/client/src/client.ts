import createClient, { type Client } from 'openapi-fetch';
import { fillPath } from './fill-path.js';
import type { paths } from './generated/api.js';
import { calls } from './generated/calls.js';
import { followStream } from './follow-stream.js';
import { AnnexProblem } from './problem.js';
import type { CallOptions, Calls, Input, Item, ListName, Name, StreamEvent, StreamName } from './types.js';

export interface AnnexOptions {
  /** Where Annex is, such as `https://annex.example.com`. */
  url: string;
  /** An API token or a session's; a function is asked before every call. Default: none, for what is public. */
  token?: string | (() => string | Promise<string>);
  /** The tenant's slug. Default: the token's only one. */
  tenant?: string;
  /** Default: the platform's own. */
  fetch?: (request: Request) => Promise<Response>;
  /** Header fields of every call. */
  headers?: Record<string, string>;
}

/** What the calls stand beside. */
export interface AnnexExtras {
  /**
   * Every item of a list, page after page, as they are asked for. `limit` of the query: items a page.
   * @example for await (const run of annex.each('listRuns', { query: { status: 'failed' } })) console.log(run.id)
   */
  each<N extends ListName>(name: N, ...input: Parameters<Calls[N]>): AsyncGenerator<Item<N>, void, undefined>;
  /**
   * The events of a stream, until `signal` fires. A connection that ends is made again, and goes on behind the last
   * event that came. Throws `AnnexProblem` when the server refuses.
   * @example for await (const line of annex.follow('streamPluginLogs', { path: { id: 'hello' } }))
   * console.log(line.message)
   */
  follow<N extends StreamName>(name: N, input: Input<N>): AsyncGenerator<StreamEvent<N>, void, undefined>;
  /** Calls a plugin's route: `/ext/<slug>/<path>`. Gives whatever it answers, refusals too. */
  callPlugin(slug: string, path: string, init?: RequestInit & { tenant?: string }): Promise<Response>;
  /**
   * openapi-fetch's client over the same API, for whoever wants statuses and headers of answers. Throws no problems.
   */
  readonly http: Client<paths>;
}

export type Annex = Calls & AnnexExtras;

/**
 * The API of an Annex. Every operation is a function of its name that takes `{ path, query, body }` and gives the
 * answer's JSON; it throws {@link AnnexProblem} when the server refuses.
 * @example
 * const annex = createAnnex({ url: 'https://annex.example.com', token: process.env.ANNEX_TOKEN })
 * const run = await annex.getRun({ path: { id: 'run_01…' } })
 */
export function createAnnex({
  url,
  token,
  tenant,
  headers,
  fetch = (request) => globalThis.fetch(request),
}: AnnexOptions): Annex {
  const http = createClient<paths>({ baseUrl: url, fetch, pathSerializer: fillPath, ...(headers && { headers }) });
  const signIn = async (fields: Headers, own?: string): Promise<void> => {
    const text = typeof token === 'function' ? await token() : token;
    if (text !== undefined && !fields.has('authorization')) fields.set('authorization', `Bearer ${text}`);
    const slug = own ?? tenant;
    if (slug !== undefined && !fields.has('x-tenant-slug')) fields.set('x-tenant-slug', slug);
  };
  http.use({
    async onRequest({ request }) {
      await signIn(request.headers);
      return undefined;
    },
  });
  const call = (name: Name, input?: AnyInput): Promise<unknown> => send(http, name, input);
  const functions = Object.fromEntries(
    (Object.keys(calls) as Name[]).map((name) => [name, (input?: AnyInput) => call(name, input)]),
  ) as unknown as Calls;
  return {
    ...functions,
    http,
    async *each(name, ...[input]) {
      for (let cursor: string | null | undefined; cursor !== null;) {
        const given = (input ?? {}) as AnyInput;
        const query = { ...given.query, ...(cursor !== undefined && { cursor }) };
        const page = (await call(name, { ...given, query })) as {
          items: Item<typeof name>[];
          next_cursor: string | null;
        };
        yield* page.items;
        cursor = page.next_cursor;
      }
    },
    follow: (name, input) =>
      followStream(
        (lastId, signal) =>
          call(name, {
            ...(input as AnyInput),
            signal,
            headers: { ...input.headers, ...(lastId !== undefined && { 'last-event-id': lastId }) },
          }) as Promise<Response>,
        input.signal,
      ),
    async callPlugin(slug, path, { tenant: own, ...init } = {}) {
      const to = `${url.replace(/\/+$/, '')}/ext/${encodeURIComponent(slug)}/${path.replace(/^\/+/, '')}`;
      const fields = new Headers({ ...headers });
      new Headers(init.headers).forEach((value, field) => fields.set(field, value));
      await signIn(fields, own);
      return fetch(new Request(to, { ...init, headers: fields }));
    },
  };
}

interface AnyInput extends CallOptions {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

async function send(http: Client<paths>, name: Name, input: AnyInput = {}): Promise<unknown> {
  const { path, query, body, signal, tenant, idempotencyKey, headers } = input;
  const [method, route, answers, sends] = calls[name];
  const init = {
    params: { path, query },
    headers: {
      ...(sends === 'bytes' && { 'content-type': null }),
      ...headers,
      ...(tenant !== undefined && { 'x-tenant-slug': tenant }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(signal && { signal }),
    ...(body !== undefined && { body }),
    ...(answers === 'raw' && { parseAs: 'stream' }),
    ...(sends === 'form' && { bodySerializer: formOf }),
    ...(sends === 'bytes' && { bodySerializer: (bytes: unknown) => bytes }),
  };
  // What each name takes and gives is proven by `Calls`; here all of them are one.
  const request = http.request as unknown as (
    method: string,
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
  const { data, error, response } = await request(method, route, init);
  const isKnown = answers === 'raw' && response.status === 304;
  if (!response.ok && !isKnown) throw new AnnexProblem(response, error);
  return answers === 'raw' ? response : data;
}

/** `multipart/form-data`; the boundary comes with it. */
function formOf(fields: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value instanceof Blob) form.append(name, value, 'name' in value ? String(value.name) : `${name}.zip`);
    else form.append(name, String(value));
  }
  return form;
}
