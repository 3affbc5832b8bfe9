import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { Fingerprints } from './fingerprints.js';

it('a fingerprint cannot be made without the key, and those of earlier keys and releases are known', () => {
  const [now, before] = [randomBytes(32), randomBytes(32)];
  const { fingerprint, known } = new Fingerprints([now, before]).of('POST /x');
  expect(known).toContain(fingerprint);
  expect(known).toContain(new Fingerprints([before]).of('POST /x').fingerprint);
  const plain = createHash('sha256').update('POST /x').digest('hex');
  expect(known).toContain(plain);
  expect(fingerprint).not.toBe(plain);
  expect(new Fingerprints([now]).of('POST /y').known).not.toContain(fingerprint);
});
