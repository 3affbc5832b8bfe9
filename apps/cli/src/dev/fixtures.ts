/** `fixtures/http.json`: what answers a plugin's requests under `annex dev`, since nothing leaves the machine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnswerHttp } from '@annex/sdk/testing';
import { invalid } from '../faults.js';

/** One answer. */
export interface Fixture {
  /** Default: any. */
  method?: string;
  /** A `*` at the end stands for the rest. */
  url: string;
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

const file = 'fixtures/http.json';

/** Answers with the first that fits. Throws `FIXTURES_INVALID` for a file that is none. */
export async function readFixtures(folder: string): Promise<AnswerHttp> {
  const text = await readFile(join(folder, file), 'utf8').catch(() => '[]');
  const fixtures = readList(text);
  return ({ method, url }) => {
    const found = fixtures.find((each) => (each.method ?? method).toUpperCase() === method && isMeant(each.url, url));
    if (!found) throw new Error(`${file} has no answer to ${method} ${url}`);
    const { status, headers, body } = found;
    return { status, headers, body };
  };
}

function isMeant(wanted: string, url: string): boolean {
  return wanted.endsWith('*') ? url.startsWith(wanted.slice(0, -1)) : url === wanted;
}

function readList(text: string): Fixture[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  const isFixture = (each: unknown): each is Fixture =>
    typeof each === 'object' && each !== null && 'url' in each && typeof each.url === 'string';
  if (Array.isArray(list) && list.every(isFixture)) return list;
  throw invalid('FIXTURES_INVALID', `${file} is a list of { "method", "url", "status", "headers", "body" }.`);
}
