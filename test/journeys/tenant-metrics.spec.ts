/** A tenant's own page for Prometheus. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  await tenant.install({
    manifest: { slug: 'worker', events: ['order.*'], jobs: [{ name: 'nightly', retry: { max_attempts: 1 } }] },
    code: `import { hook, job, NonRetryable } from '@annex/sdk'
      hook('order.*', (ctx, event) => { if (event.data.bad) throw new NonRetryable('no') })
      job('nightly', () => 1)`,
  });
  await tenant.install({ manifest: { slug: 'idle' }, code: 'export {}' }, { enable: false });
});
afterAll(() => annex.stop());

const page = (): Promise<Answer> => tenant.owner.get('/api/metrics');

it('says what its plugins did, and nothing of another tenant', async () => {
  for (const data of [{}, {}, { bad: true }]) await tenant.owner.post('/api/events', { type: 'order.made', data });
  await tenant.owner.post('/api/plugins/worker/jobs/nightly/run-now', {});
  const { body, headers } = await until(
    page,
    (answer) =>
      answer.body.includes('plugin_events_total{plugin="worker",event_type="order.*"} 3') &&
      answer.body.includes('job_runs_total{plugin="worker",job="nightly",status="succeeded"} 1'),
  );
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const line of [
    'plugin_active{plugin="worker"} 1',
    'plugin_active{plugin="idle"} 0',
    'plugin_errors_total{plugin="worker",error_type="NON_RETRYABLE"} 1',
    'plugin_event_processing_duration_seconds_count{plugin="worker"} 3',
    'job_duration_seconds_count{plugin="worker"} 1',
    'annex_series_left_out 0',
  ])
    expect(body.split('\n'), line).toContain(line);
  const { body: usage } = await tenant.owner.get('/api/usage');
  const [used] = usage.items as { metrics: object; series: object }[];
  expect(used?.series).toMatchObject({ 'event/order.*': 3, 'error/NON_RETRYABLE': 1 });
  expect(JSON.stringify(used?.metrics)).not.toContain('/');
  const other = await annex.makeTenant();
  expect((await other.owner.get('/api/metrics')).body).not.toContain('worker');
});

it('is read with a token of the tenant only', async () => {
  const response = await fetch(`${annex.url}/api/metrics`);
  expect(response.status).toBe(401);
  const viewer = await tenant.as('viewer');
  expect((await viewer.get('/api/metrics')).status).toBe(200);
});
