import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRedisUrl, redisPlace } from './redis-url.js';

describe('REDIS_URL', () => {
  it.each([
    ['redis://redis', { form: 'single', hosts: [{ host: 'redis', port: 6379 }], db: 0, tls: undefined }],
    ['redis://:p%40ss@redis:6380/2', { username: undefined, password: 'p@ss', db: 2 }],
    ['redis://ann%65x:a:b@[fd00::1]:7000?db=3&family=6', { username: 'annex', password: 'a:b', db: 3, family: 6 }],
    ['rediss://redis/1', { form: 'single', db: 1, tls: {} }],
    [
      'redis+sentinel://u:p@s1,s2:26380/mymaster/4?sentinel_password=sp',
      {
        form: 'sentinel',
        hosts: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
        master: 'mymaster',
        db: 4,
        username: 'u',
        password: 'p',
        sentinel: { username: undefined, password: 'sp' },
      },
    ],
    ['rediss+cluster://n1:7000,n2:7001,n3', { form: 'cluster', db: 0, master: undefined, tls: {} }],
  ])('%s', (text, expected) => {
    expect(readRedisUrl(text)).toMatchObject(expected);
  });

  it.each([
    ['http://redis', /^must be redis:/],
    ['redis', /^must be redis:/],
    ['redis://a:1,b:2', /several hosts: write redis\+sentinel/],
    ['redis+sentinel://s1:26379', /lacks the name of the primary/],
    ['redis+cluster://n1:7000/2', /a cluster has none but 0/],
    ['redis://redis/two', /number of a database/],
    ['redis://redis:99999', /each host as host or host:port/],
    ['redis://redis?sslrootca=/x', /unknown parameter sslrootca.*Did you mean "sslrootcert"/],
    ['redis://redis?sslrootcert=/x', /without TLS: write rediss/],
    ['rediss://redis?sslrootcert=/nowhere.pem', /sslrootcert: \/nowhere\.pem cannot be read/],
    ['redis://:100%@redis', /write it as %25/],
  ])('refuses %s', (text, fault) => {
    expect(() => readRedisUrl(text)).toThrow(fault);
  });

  it('never says a password', () => {
    expect(() => readRedisUrl('redis://:geheim@a:1,b:2')).toThrow(/^(?!.*geheim)/);
    expect(redisPlace(readRedisUrl('redis+sentinel://u:geheim@s1,[::1]:5/m'))).toBe('m of sentinels s1:26379,[::1]:5');
  });

  it('reads the files of certificates', () => {
    const folder = mkdtempSync(join(tmpdir(), 'annex-redis-url-'));
    try {
      writeFileSync(join(folder, 'ca.pem'), 'the authority');
      expect(readRedisUrl(`rediss://redis?sslrootcert=${folder}/ca.pem`).tls).toEqual({ ca: 'the authority' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
