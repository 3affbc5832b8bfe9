import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restLimits } from '@annex/limits';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { HalfRequest } from '../support/half-request.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_BODY_MEMORY_BYTES: String(16 * 1024 * 1024) });
  tenant = await annex.makeTenant();
});
afterAll(() => annex.stop());

const upload = ({ owner }: TestTenant): HalfRequest =>
  new HalfRequest(annex.url, 'POST', '/api/plugins/validate', {
    headers: {
      authorization: `Bearer ${owner.token}`,
      'content-type': 'multipart/form-data; boundary=b',
      expect: '100-continue',
    },
    length: 10_000_000,
  });

describe('uploads that are half sent', () => {
  it('are few of one tenant, and hold the memory that all bodies share', async () => {
    const halves = Array.from({ length: restLimits.uploads }, () => upload(tenant));
    for (const half of halves) await expect.poll(() => half.text, { timeout: 10_000 }).toContain('100 Continue');
    const more = upload(tenant);
    expect(await more.status()).toBe(429);
    expect(more.text).toContain('uploads under way');
    expect(more.text).not.toContain('100 Continue');
    const other = upload(await annex.makeTenant());
    await expect.poll(() => other.text, { timeout: 10_000 }).toContain('100 Continue');

    for (const { socket } of halves)
      socket.write(
        `--b\r\ncontent-disposition: form-data; name="file"; filename="a.zip"\r\n\r\n${'x'.repeat(5_000_000)}`,
      );
    await expect
      .poll(() => halves.filter(({ text }) => / 503 [^]*OVERLOADED/.test(text)).length, { timeout: 10_000 })
      .toBeGreaterThan(0);
    for (const { socket } of [...halves, more, other]) socket.destroy();
    // Their places and their room come back.
    await until(
      () => tenant.owner.upload(Buffer.alloc(600_000), {}, '/api/plugins/validate'),
      ({ status }) => status !== 429 && status !== 503,
    );
  });
});
