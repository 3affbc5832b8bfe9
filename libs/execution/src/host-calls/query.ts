import type { HostArgs } from '@annex/host-api';

type Query = NonNullable<HostArgs<'http.request'>[0]['query']>;

/** Adds parameters after those that the URL has; `null` leaves one out, a list repeats it. */
export function appendQuery(url: URL, query: Query): void {
  const pairs = typeof query === 'string' ? new URLSearchParams(query).entries() : Object.entries(query);
  for (const [name, value] of pairs) {
    if (value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
}
