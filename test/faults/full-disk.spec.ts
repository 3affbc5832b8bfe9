/** docs/operations.md, a full disk: what was accepted before is done once there is room again. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/annex.js';
import { install, startDeployment, type Deployment } from '../support/deployment.js';

/** A small disk of its own; `undefined` where this user may mount none. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'annex-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

/** Takes all the room there is. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const size of [1 << 20, 1 << 12])
      try {
        for (;;) writeSync(descriptor, Buffer.alloc(size));
      } catch {
        // Full, by pieces of this size.
      }
  } finally {
    closeSync(descriptor);
  }
}

const disk = mountSmallDisk();

describe.skipIf(disk === undefined)(
  'a full disk under PostgreSQL',
  () => {
    const folder = disk ?? '';
    let deployment: Deployment;
    beforeAll(async () => {
      deployment = await startDeployment({ under: folder });
    });
    afterAll(async () => {
      await deployment.stop();
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    });

    it('costs no accepted run, and work goes on by itself once there is room', async () => {
      const [api] = await Promise.all([deployment.start('api'), deployment.start('worker')]);
      const tenant = await deployment.makeTenant(api);
      const client = tenant.client(api);
      await install(client, {
        manifest: { slug: 'taker', events: ['order.*'] },
        code: `import { hook } from '@annex/sdk'; hook('order.paid', () => null)`,
      });
      const data = { text: 'x'.repeat(100_000) };
      let accepted = 0;
      const send = async (): Promise<number> => {
        const { status } = await client.post('/api/events', { type: 'order.paid', data }).catch(() => ({ status: 0 }));
        if (status === 202) accepted += 1;
        return status;
      };
      for (let n = 0; n < 20; n += 1) expect(await send()).toBe(202);
      fill(join(folder, 'ballast'));
      const refused = await until(send, (status) => status !== 202);
      expect([500, 503]).toContain(refused);
      expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
      rmSync(join(folder, 'ballast'));
      await until(send, (status) => status === 202);
      await until(
        () =>
          deployment.sql<{ done: number }>(
            `select count(*)::int as done from runs r join tenants t on t.id = r.tenant_id
           where t.slug = $1 and r.kind = 'event' and r.status = 'succeeded'`,
            [tenant.slug],
          ),
        ([row]) => (row?.done ?? 0) >= accepted,
      );
    });
  },
  300_000,
);
