/** Answers to requests that are written down: in a test, or in `fixtures/http.json`. */
import { readFileSync } from 'node:fs';
import { closest } from '@annex/kernel';
import type { AnswerHttp } from './answered-http.js';

/** One answer. */
export interface HttpFixture {
  /** Default: any. */
  method?: string;
  /** A `*` at the end stands for the rest. */
  url: string;
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
}

/**
 * A file that holds no list of fixtures; `code` is `FIXTURES_INVALID`.
 * @example
 * try {
 *   httpFixtures('fixtures/http.json')
 * } catch (error) {
 *   if (error instanceof FixturesInvalid) console.error(error.message)
 * }
 */
export class FixturesInvalid extends Error {
  override readonly name = 'FixturesInvalid';
  readonly code = 'FIXTURES_INVALID';
}

/**
 * Answers each request with the first fixture that fits. A request that none fits fails with `EGRESS_CONNECT`, and the
 * message names the nearest one. A text is the path of a JSON file, as `annex dev` reads `fixtures/http.json`.
 * Throws {@link FixturesInvalid}.
 * @example
 * const http = httpFixtures([{ method: 'POST', url: 'https://api.example.com/orders', status: 201, body: { id: 1 } }])
 * await using plugin = await openPlugin(import.meta.dirname, { http })
 */
export function httpFixtures(from: string | readonly HttpFixture[]): AnswerHttp {
  const fixtures = typeof from === 'string' ? readFixtures(from) : from;
  const place = typeof from === 'string' ? from : 'the fixtures';
  return ({ method, url }) => {
    const found = fixtures.find((each) => (each.method ?? method).toUpperCase() === method && isMeant(each.url, url));
    if (!found) throw new Error(`${place} hold no answer to ${method} ${url}.${nearest(fixtures, method, url)}`);
    const { status, headers, body } = found;
    return { status, headers, body };
  };
}

function isMeant(wanted: string, url: string): boolean {
  return wanted.endsWith('*') ? url.startsWith(wanted.slice(0, -1)) : url === wanted;
}

function nearest(fixtures: readonly HttpFixture[], method: string, url: string): string {
  const other = fixtures.find((each) => isMeant(each.url, url));
  if (other) return ` They answer ${other.method} there; write "method": "${method}".`;
  const near = closest(
    url.slice(-64),
    fixtures.map((each) => each.url.slice(-64)),
  );
  const found = fixtures.find((each) => near !== undefined && each.url.endsWith(near));
  return found ? ` Did you mean ${found.url}?` : '';
}

function readFixtures(file: string): readonly HttpFixture[] {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw new FixturesInvalid(`${file} cannot be read as JSON: ${(thrown as Error).message}`, { cause: thrown });
  }
  const isFixture = (each: unknown): each is HttpFixture =>
    typeof each === 'object' && each !== null && 'url' in each && typeof each.url === 'string';
  if (Array.isArray(list) && list.every(isFixture)) return list;
  throw new FixturesInvalid(`${file} is a list of { "method", "url", "status", "headers", "body" }; each has a "url".`);
}
