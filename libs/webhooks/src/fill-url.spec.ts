import { describe, expect, it } from 'vitest';
import { fillUrl } from './fill-url.js';

const fill = (template: string, values: Record<string, string> = {}) =>
  fillUrl(template, (found) => (found.kind === 'tenant' ? 'acme' : (values[found.name] ?? '')));
const urlOf = (template: string, values: Record<string, string>): string => {
  const filled = fill(template, values);
  return 'fault' in filled ? filled.fault : filled.url;
};

describe('a value in the URL of a webhook', () => {
  it.each([
    ['a path segment', 'https://x.io/a/${SECRET:A}/b', 'p#q&admin=1', 'https://x.io/a/p%23q%26admin%3D1/b'],
    ['a path segment with a slash', 'https://x.io/${SECRET:A}', '../../admin?x', 'https://x.io/..%2F..%2Fadmin%3Fx'],
    [
      'a value of the query',
      'https://x.io/h?key=${SECRET:A}&v=1',
      'p#q&admin=1',
      'https://x.io/h?key=p%23q%26admin%3D1&v=1',
    ],
    ['the fragment', 'https://x.io/h#${SECRET:A}', 'a b', 'https://x.io/h#a%20b'],
    ['a blank', 'https://x.io/h?key=${SECRET:A}', 'a b+c%', 'https://x.io/h?key=a%20b%2Bc%25'],
    ['the whole URL', '${SECRET:A}', ' https://x.io/h?key=1%20#f\n', 'https://x.io/h?key=1%20#f'],
    ['the beginning of the URL', '${SECRET:A}/first', 'https://x.io/base', 'https://x.io/base/first'],
    ['the beginning of a query', '${SECRET:A}&more=1', 'https://x.io/h?key=1', 'https://x.io/h?key=1&more=1'],
    ['the host', 'https://${SECRET:A}/h', 'x.io:8443', 'https://x.io:8443/h'],
    ['half a surrogate pair', 'https://x.io/${SECRET:A}', '\ud800', 'https://x.io/%EF%BF%BD'],
  ])('stays in its place: %s', (_what, template, value, url) => {
    expect(urlOf(template, { A: value })).toBe(url);
  });

  it.each([
    ['a host that is none', 'https://${SECRET:A}/h', 'x.io/other', 'stands where the host is'],
    ['a host with a user before it', 'https://${SECRET:A}/h', 'user@x.io', 'stands where the host is'],
    ['the end of a host', 'https://hooks.${SECRET:A}', 'x.io#', 'stands where the host is'],
    ['a step up', 'https://x.io/a/${SECRET:A}/b', '..', '"." or ".."'],
    ['half a step up', 'https://x.io/a/.${SECRET:A}/b', '.', '"." or ".."'],
    ['a URL with a blank', '${SECRET:A}', 'https://x.io/a b', 'a blank'],
    ['a URL with a fragment before the path', '${SECRET:A}/first', 'https://x.io/#', '"#"'],
    ['a URL with a query before the path', '${SECRET:A}/first', 'https://x.io/?a=1', '"?"'],
  ])('is refused without being shown: %s', (_what, template, value, words) => {
    const filled = fill(template, { A: value });
    expect(filled).toMatchObject({ fault: expect.stringContaining(words) });
    if (value.length > 4) expect(JSON.stringify(filled)).not.toContain(value);
  });

  it('says whose the host is', () => {
    const cases: [string, boolean][] = [
      ['${SECRET:A}', true],
      ['${SECRET:A}/first', true],
      ['https://x.io/${SECRET:A}', false],
      ['${SECRET:A}.evil.io/', false],
      ['${SECRET:A}:8443/', false],
      ['https://${SECRET:H}/', false],
      ['${TENANT_ID}://x.io/', false],
      ['https://x.io', false],
    ];
    for (const [template, hostIsSecret] of cases)
      expect(fill(template, { A: 'https://good.io', H: 'good.io' }), template).toMatchObject({ hostIsSecret });
  });
});
