import { beforeEach, expect, it, vi } from 'vitest';
import { cli, curlOf, flagsOf } from './commands';

beforeEach(() => {
  vi.stubGlobal('location', { origin: 'https://annex.test' });
  return () => vi.unstubAllGlobals();
});

it('a call is one line for curl, with the tenant and without a token', () => {
  expect(curlOf('listRuns', { query: { status: 'failed', limit: 5 } }, 'acme')).toBe(
    [
      "curl -sS 'https://annex.test/api/runs?status=failed&limit=5'",
      '-H "Authorization: Bearer $ANNEX_TOKEN"',
      "-H 'X-Tenant-Slug: acme'",
    ].join(' \\\n  '),
  );
});

it('a secret is left for the reader to fill in', () => {
  const line = curlOf('setSecret', { path: { name: 'KEY' }, body: { value: 'hidden' } }, undefined);
  expect(line).toContain(`-d '{"value":"…"}'`);
  expect(line).not.toContain('hidden');
});

it('what a shell would read is quoted', () => {
  const line = curlOf('sendEvent', { body: { type: 'a.b', data: "it's $(rm)" as never } }, 'acme');
  expect(line).toContain(`-d '{"type":"a.b","data":"it'\\''s $(rm)"}'`);
  expect(cli`annex jobs run ${'billing'} ${"o'clock; ls"}`).toBe(`annex jobs run billing 'o'\\''clock; ls'`);
});

it('filters of a screen are options of the command line', () => {
  expect(flagsOf({ plugin: 'billing', span: '24h', q: 'no such', other: 'x', kind: undefined })).toBe(
    "--plugin billing --since 24h --search 'no such'",
  );
});
