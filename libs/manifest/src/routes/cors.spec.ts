import { describe, expect, it } from 'vitest';
import type { Json } from '@annex/kernel';
import { readCors } from './cors.js';

describe('cors of a route or manifest', () => {
  it.each<[Json, unknown]>([
    [false, null],
    ['*', { origins: '*', requestHeaders: '*', exposedHeaders: '*', maxAgeS: 600 }],
    [
      [
        'https://a.example',
        'http://localhost:5173',
        'https://*.b.example',
        'http://[::1]:8080',
        'capacitor://localhost',
      ],
      {
        origins: [
          'https://a.example',
          'http://localhost:5173',
          'https://*.b.example',
          'http://[::1]:8080',
          'capacitor://localhost',
        ],
        requestHeaders: '*',
        exposedHeaders: '*',
        maxAgeS: 600,
      },
    ],
    [
      { origins: ['https://a.example'], request_headers: ['X-A'], exposed_headers: [], max_age_s: 0 },
      { origins: ['https://a.example'], requestHeaders: ['X-A'], exposedHeaders: [], maxAgeS: 0 },
    ],
  ])('is understood: %j', (given, rules) => {
    expect(readCors(given)).toEqual({ ok: true, rules });
  });

  it.each<[Json, string]>([
    [true, 'write false'],
    ['https://a.example', 'write false'],
    [[], '1 to 50'],
    [['https://a.example/'], 'nothing behind it'],
    [['https://A.example'], 'small letters'],
    [['a.example'], 'scheme'],
    [['https://*'], 'scheme'],
    [['https://a.*.example'], 'scheme'],
    [['*'], 'scheme'],
    [['https://u@a.example'], 'scheme'],
    [[1], '1 to 50'],
    [{}, '"origins"'],
    [{ origins: '*', credentials: true }, 'unknown key "credentials"'],
    [{ origins: '*', request_headers: ['a b'] }, 'request_headers'],
    [{ origins: '*', max_age_s: 1e9 }, 'max_age_s'],
  ])('is refused with what to write: %j', (given, words) => {
    expect(readCors(given)).toEqual({ ok: false, detail: expect.stringContaining(words) as string });
  });
});
