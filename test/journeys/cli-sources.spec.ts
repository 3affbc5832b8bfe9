/** Sources, mappings and alerts from the command line, and what people bring along from KHook. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { makeCommandLine, type CommandLine, type RunOptions } from '../support/cli.js';

let annex: TestAnnex;
let tenant: TestTenant;
let cli: CommandLine;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_RESERVED_EVENTS: 'payments.**' });
  tenant = await annex.makeTenant();
  cli = makeCommandLine({ ANNEX_URL: annex.url, ANNEX_TOKEN: tenant.owner.token });
  const installed = await tenant.install({
    manifest: {
      slug: 'erp',
      sources: [{ name: 'orders', type: 'poll', schedule: '@yearly', events: ['erp.*'], require: ['data.n'] }],
    },
    code: `import { source } from '@annex/sdk'
      source('orders', { poll(ctx, cursor) {
        if (cursor === 'broken') throw new Error('the origin is away')
        const from = cursor ?? 0
        const events = [1, 2, 3].filter((n) => n > from).map((n) => ({ id: 'o' + n, type: 'erp.order', data: { n } }))
        return { events, cursor: 3 }
      } })`,
  });
  expect(installed.status).toBe(200);
});
afterAll(async () => {
  cli?.remove();
  await annex?.stop();
});

/** Each command is a program; a busy machine needs long for some. */
const patient = { timeout: 600_000 };

const answer = async (line: string, args: string[] = [], options: RunOptions = {}) => {
  const ended = await cli.run([...line.split(' '), ...args, '--json'], options);
  expect([ended.code, ended.err], line).toEqual([0, expect.anything()]);
  return ended.json();
};
const text = async (line: string, args: string[] = []): Promise<string> => {
  const ended = await cli.run([...line.split(' '), ...args]);
  expect([ended.code, ended.err], line).toEqual([0, expect.anything()]);
  return ended.out;
};
const write = (name: string, content: string): string => {
  writeFileSync(join(cli.folder, name), content);
  return name;
};

describe('annex sources', patient, () => {
  it('lists them, and shows how far one is', async () => {
    await until(
      () => answer('sources get erp.orders'),
      ({ counts }) => counts.events === 3,
    );
    expect(await text('sources ls')).toMatch(/erp\.orders +poll +running +3 +0/);
    expect((await answer('sources ls')).items).toMatchObject([{ name: 'erp.orders', cursor: 3 }]);
    expect((await cli.run(['sources', 'get', 'erp.order'])).code).toBe(2);
  });

  it('pauses one and tries it out: nothing is emitted, and the cursor stays', async () => {
    expect(await text('sources pause erp.orders')).toContain('erp.orders is paused.');
    expect(await answer('sources rewind erp.orders 2')).toMatchObject({ cursor: 2, state: 'paused' });
    const tried = await answer('sources test erp.orders');
    expect(tried).toMatchObject({ ok: true, event_count: 1, cursor: 3, events: [{ type: 'erp.order', id: 'o3' }] });
    expect(await text('sources test erp.orders')).toMatch(/erp\.order +o3[^]*1 events; nothing was emitted/);
    expect(await answer('sources get erp.orders')).toMatchObject({ cursor: 2, counts: { events: 3, duplicates: 0 } });
  });

  it('resumes and restarts one', async () => {
    expect(await answer('sources resume erp.orders')).toMatchObject({ name: 'erp.orders', reason: null });
    expect(await answer('sources restart erp.orders')).toMatchObject({ name: 'erp.orders' });
  });

  it('rewinds one to the beginning only when somebody says yes, and each event comes once', async () => {
    const asked = await cli.run(['sources', 'rewind', 'erp.orders']);
    expect([asked.code, asked.err]).toEqual([2, expect.stringMatching(/NOBODY_TO_ASK/)]);
    await answer('sources rewind erp.orders --yes');
    await answer('sources restart erp.orders');
    const again = await until(
      () => answer('sources get erp.orders'),
      ({ cursor, counts }) => cursor === 3 && counts.duplicates >= 3,
    );
    expect(again.counts.events).toBe(3);
  });

  it('ends with 1 when a poll that it tried fails', async () => {
    await answer('sources pause erp.orders');
    await answer('sources rewind erp.orders', ['"broken"']);
    const tried = await cli.run(['sources', 'test', 'erp.orders', '--json']);
    expect([tried.code, tried.json()]).toMatchObject([1, { ok: false, error: { code: 'PLUGIN_ERROR' } }]);
    expect((await cli.run(['sources', 'rewind', 'erp.orders', '{'])).err).toContain('JSON_INVALID');
    const viewer = await cli.run(['sources', 'resume', 'erp.orders'], {
      env: { ANNEX_TOKEN: (await tenant.as('viewer')).token },
    });
    expect([viewer.code, viewer.err]).toEqual([3, expect.stringContaining('FORBIDDEN')]);
  });
});

const pods = `api_version: v1
mappings:
  - type: pod-restart
    to: pod.restart
    severity: warning
    dedupe: { key: "{{ subject }}", window_s: 600 }
`;

describe('annex mappings', patient, () => {
  it('tells every fault with its line, and sends nothing', async () => {
    write('pods.yaml', pods.replace('severity', 'sevrity').replace('subject', 'subjekt'));
    const refused = await cli.run(['mappings', 'put', 'pods.yaml']);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/pods\.yaml:5:5 .*"severity"[^]*pods\.yaml:6/),
    ]);
    const asJson = await cli.run(['mappings', 'test', 'pods.yaml', '--json']);
    expect(JSON.parse(asJson.err).error).toMatchObject({
      code: 'FILE_INVALID',
      errors: [
        { file: 'pods.yaml', line: 5 },
        { file: 'pods.yaml', line: 6 },
      ],
    });
    expect((await answer('mappings ls')).items).toEqual([]);
  });

  it('tries one out, puts it in force, shows and removes it', async () => {
    write('pods.yaml', pods);
    const events = ['{"type":"pod-restart","subject":"web-1"}', '{"type":"pod-restart","subject":"web-1"}'];
    const tried = await answer('mappings test pods.yaml', ['--event', `[${events.join(',')}]`]);
    expect(tried.events).toMatchObject([
      { type: 'pod.restart', raw_type: 'pod-restart', suppressed_by: null, alert: { status: 'firing' } },
      { type: 'pod.restart', suppressed_by: { reason: 'window' } },
    ]);
    write('event.json', `[${events.join(',')}]`);
    expect(await text('mappings test pods.yaml --event @event.json')).toMatch(
      /pod-restart → pod\.restart +warning +pods\/pod\.restart +firing[^]*kept back: window/,
    );
    expect(await text('mappings put pods.yaml')).toContain('pods is in force, version 1: 1 of 1 rules');
    expect(await answer('mappings put pods.yaml --name other')).toMatchObject({ name: 'other', version: 1 });
    expect(await text('mappings ls')).toMatch(/other +the tenant +1 +1[^]*pods/);
    expect(await answer('mappings get pods')).toMatchObject({ name: 'pods', rules: 1 });
    expect((await cli.run(['mappings', 'rm', 'other'])).code).toBe(2);
    expect(await answer('mappings rm other --yes')).toEqual({ mapping: 'other', removed: true });
    expect((await answer('mappings ls')).items).toHaveLength(1);
  });

  it('says with its line what only a server refuses', async () => {
    write('paid.yaml', pods.replace('to: pod.restart', 'to: payments.made'));
    const reserved = await cli.run(['mappings', 'put', 'paid.yaml']);
    expect([reserved.code, reserved.err]).toEqual([
      2,
      expect.stringMatching(/paid\.yaml:4:5 .*"payments\.made" is its operator's/),
    ]);
    write('platform.yaml', 'api_version: v1\nmappings:\n  - type: "**"\n    dedupe: { key: "{{ subject }}" }\n');
    const asDeveloper = { env: { ANNEX_TOKEN: (await tenant.as('developer')).token } };
    const denied = await cli.run(['mappings', 'put', 'platform.yaml'], asDeveloper);
    expect([denied.code, denied.err]).toEqual([3, expect.stringContaining('MAPPING_NEEDS_ADMIN')]);
    const unnamed = await cli.run(['mappings', 'put', 'pods.yaml', '--name', 'Not a name', '--json']);
    expect([unnamed.code, JSON.parse(unnamed.err).error.errors]).toMatchObject([2, [{ pointer: '/name' }]]);
  });
});

describe('annex alerts', patient, () => {
  it('lists what fires, silences it and ends it', async () => {
    await answer('events send pod-restart {} --subject web-7');
    const { items } = await until(
      () => answer('alerts ls --status firing'),
      (page) => page.items.length === 1,
    );
    expect(items[0]).toMatchObject({ rule: 'pods/pod.restart', key: 'web-7', count: 1 });
    expect(await text('alerts ls')).toMatch(/firing +pods\/pod\.restart +web-7 +1/);
    const [silenced] = (await answer(`alerts silence ${items[0].id} --for 2h`)).items;
    expect(Date.parse(silenced.silence_ends_at)).toBeGreaterThan(Date.parse(silenced.last_at) + 7_000_000);
    expect((await answer(`alerts silence ${items[0].id} --for 0`)).items).toMatchObject([{ silence_ends_at: null }]);
    const unclear = await cli.run(['alerts', 'silence', items[0].id, '--for', 'long']);
    expect([unclear.code, unclear.err]).toEqual([2, expect.stringContaining('such as 90s, 15m, 2h, 7d')]);
    expect((await answer(`alerts resolve ${items[0].id}`)).items).toMatchObject([{ status: 'resolved' }]);
    expect((await answer('alerts ls --status firing')).items).toEqual([]);
  });
});

describe('annex import khook', patient, () => {
  const khook = `mappings:
  # Restarts
  - eventSource: "kubernetes"
    eventType: "pod-restart"
    internalType: "PodRestart"
    severity: "warning"
    enabled: true
    tags: { category: "reliability" }
---
apiVersion: kagent.dev/v1alpha2
kind: Hook
metadata: { name: pods, namespace: staging }
spec:
  eventConfigurations:
    - eventType: pod-restart
      agentRef: { name: analyzer }
      prompt: Find out why.
`;

  it('writes mappings and agents that validate finds nothing in, and mappings that a server takes', async () => {
    write('khook.yaml', khook);
    mkdirSync(join(cli.folder, 'desk'));
    write(
      'desk/plugin.json',
      JSON.stringify({
        ...{ slug: 'desk', name: 'Desk', version: '1.0.0', entry: 'main.js' },
        ...{ permissions: ['agents.call'], secrets: ['KAGENT_URL'] },
      }),
    );
    write('desk/main.js', 'export {}');
    const brought = await answer('import khook khook.yaml --out desk --dedupe');
    expect(brought).toMatchObject({
      written: [
        { path: 'desk/mappings/khook.yaml', rules: 1, enabled: 1, from: 'khook.yaml' },
        { path: 'desk/agents/pods-pod-restart.yaml', agent: 'staging/analyzer', from: 'khook.yaml' },
      ],
      left_out: [],
      warnings: [{ file: 'khook.yaml', line: 5 }],
    });
    expect(readFileSync(join(cli.folder, 'desk/mappings/khook.yaml'), 'utf8')).toContain('# Restarts');
    expect(await answer('validate desk')).toMatchObject({ valid: true, errors: [], warnings: [] });
    expect(await answer('mappings put desk/mappings/khook.yaml')).toMatchObject({ name: 'khook', warnings: [] });
    const { events } = await answer('mappings test desk/mappings/khook.yaml', [
      ...['--event', '{"type":"pod-restart","source":"kubernetes","subject":"web-1"}'],
    ]);
    expect(events).toMatchObject([{ type: 'pod_restart', severity: 'warning', tags: ['category:reliability'] }]);
  });

  it('writes over nothing unless it is told to, and nothing at all when something is wrong', async () => {
    const twice = await cli.run(['import', 'khook', 'khook.yaml', '--out', 'desk']);
    expect([twice.code, twice.err]).toEqual([2, expect.stringContaining('FILE_EXISTS')]);
    expect(await text('import khook khook.yaml --out desk --force')).toMatch(
      /written desk\/mappings\/khook\.yaml: 1 rules[^]*written desk\/agents\/pods-pod-restart\.yaml/,
    );
    const missing = await cli.run(['import', 'khook', 'absent.yaml']);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('absent.yaml')]);
    write('bad.yaml', khook.replace('severity', 'level').replace('prompt', 'ask'));
    const refused = await cli.run(['import', 'khook', 'bad.yaml', '--out', 'new']);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/bad\.yaml:6[^]*bad\.yaml:15[^]*FILE_INVALID/),
    ]);
    expect(existsSync(join(cli.folder, 'new'))).toBe(false);
    write('hook.yaml', khook.slice(khook.indexOf('---')));
    const agent = await cli.run(['import', 'khook', 'hook.yaml', '--out', 'new', '--json']);
    expect([agent.code, agent.json()]).toMatchObject([0, { written: [{ path: 'new/agents/pods-pod-restart.yaml' }] }]);
  });
});

it('completes the new verbs', patient, async () => {
  const script = await text('completion bash');
  for (const verb of ['rewind', 'silence', 'khook']) expect(script).toContain(verb);
});

describe('annex settings', patient, () => {
  it('sets, lists, shows and removes, on a condition if there is one', async () => {
    const made = await answer('settings put dns/a', ['{"a":1}', '--new']);
    expect(made).toMatchObject({ key: 'dns/a', value: { a: 1 }, revision: 1 });
    const late = await cli.run(['settings', 'put', 'dns/a', '2', '--if-revision', '7']);
    expect([late.code, late.err]).toEqual([1, expect.stringContaining('SETTING_CHANGED')]);
    expect(await answer('settings put dns/a --if-revision 1', ['2'])).toMatchObject({ value: 2, revision: 2 });
    expect(await answer('settings get dns/a')).toMatchObject({ value: 2 });
    expect((await cli.run(['settings', 'ls', 'dns/'])).out).toContain('dns/a');
    expect(await answer('settings rm dns/a --if-revision 2')).toEqual({ key: 'dns/a', removed: true });
  });
});
