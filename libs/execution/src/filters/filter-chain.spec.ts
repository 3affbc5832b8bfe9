import { newId, type Id, type Json } from '@annex/kernel';
import { filterChainLimits, maxFilterValueBytes } from '@annex/limits';
import { describe, expect, it } from 'vitest';
import type { FilterRegistration, InstallationSnapshot } from '../snapshots/snapshot.js';
import { passThroughFilters, type FilterCall, type FilterEnding } from './filter-chain.js';
import { fromOutside } from '../cause.js';
import { arrangeFilters, type FilterHandler } from './filter-points.js';

const tenantId = newId('tenant');

function plugin(
  slug: string,
  filters: Partial<FilterRegistration>[],
  status: InstallationSnapshot['status'] = 'enabled',
): InstallationSnapshot {
  const registrations = filters.map((filter) => ({
    kind: 'filter',
    name: 'price',
    priority: 0,
    timeoutMs: 1000,
    onError: 'pass',
    ...filter,
  }));
  return {
    tenantId,
    installationId: newId('installation'),
    slug,
    status,
    registrations,
  } as unknown as InstallationSnapshot;
}

interface Told {
  slug: string;
  index: number;
  value: Json;
  wallMs: number;
}

/** Passes a value through plugins whose filters end as `end` says; the clock moves by `tookMs` each time. */
async function pass(
  plugins: InstallationSnapshot[],
  end: (told: Told) => Json | undefined | Error,
  call: Partial<FilterCall> = {},
  tookMs = 0,
) {
  let now = 1_000_000;
  const told: Told[] = [];
  const run = (
    { snapshot: { slug }, index }: FilterHandler,
    { value }: FilterCall,
    wallMs: number,
  ): Promise<FilterEnding> => {
    const one = { slug, index, value, wallMs };
    told.push(one);
    now += tookMs;
    const ended = end(one);
    const runId = newId('run');
    return Promise.resolve(
      ended instanceof Error
        ? { runId, status: 'failed', error: { code: ended.name, message: ended.message } }
        : { runId, status: 'succeeded', value: ended },
    );
  };
  const points = arrangeFilters(plugins);
  const find = (_: Id<'tenant'>, name: string): Promise<readonly FilterHandler[]> =>
    Promise.resolve(points.get(name) ?? []);
  const answer = passThroughFilters(
    { find, run, clock: { now: () => now } },
    { tenantId, name: 'price', value: 1, user: null, ...call },
  );
  return { answer: await answer.catch((thrown: unknown) => thrown as never), told };
}

const failing = (code: string): Error => Object.assign(new Error('words of the plugin'), { name: code });

describe('a value', () => {
  it('passes filters by priority, the lowest first, then by slug, then as they were registered', async () => {
    const plugins = [
      plugin('b', [{ priority: 5 }, { priority: -1 }, { priority: 5 }]),
      plugin('a', [{ priority: 5 }, { name: 'other', priority: -9 }]),
      plugin('c', [{ priority: 0.5 }]),
    ];
    const { answer, told } = await pass(plugins, ({ value, slug, index }) => `${String(value)} ${slug}${index}`);
    expect(told.map(({ slug, index }) => `${slug}${index}`)).toEqual(['b1', 'c0', 'a0', 'b0', 'b2']);
    expect(answer).toMatchObject({
      value: '1 b1 c0 a0 b0 b2',
      runs: [{ plugin: 'b', status: 'succeeded', run_id: expect.stringMatching(/^run_/) as string }, {}, {}, {}, {}],
    });
  });

  it('comes back as it was where nothing is enabled', async () => {
    expect((await pass([], () => 2)).answer).toEqual({ value: 1, runs: [] });
    expect(
      (
        await pass(
          [plugin('a', [{}], 'disabled'), plugin('b', [{}], 'suspended'), plugin('c', [{}], 'installed')],
          () => 2,
        )
      ).answer,
    ).toEqual({ value: 1, runs: [] });
  });

  it('stays as it was when a filter answers nothing, and becomes null when it answers null', async () => {
    expect(
      (await pass([plugin('a', [{}]), plugin('b', [{}])], ({ slug }) => (slug === 'a' ? undefined : 2))).answer.value,
    ).toBe(2);
    expect((await pass([plugin('a', [{}])], () => undefined)).answer.value).toBe(1);
    expect((await pass([plugin('a', [{}])], () => null)).answer.value).toBe(null);
  });

  it('skips a filter that fails, which leaves its failure in the answer', async () => {
    const { answer } = await pass([plugin('a', [{}]), plugin('b', [{}])], ({ slug }) =>
      slug === 'a' ? failing('TIMEOUT') : 2,
    );
    expect(answer).toMatchObject({
      value: 2,
      runs: [
        { plugin: 'a', status: 'failed', error: { code: 'TIMEOUT' } },
        { plugin: 'b', status: 'succeeded' },
      ],
    });
  });

  it('is stopped by a filter that says so when it fails; the plugin’s words stay under its run', async () => {
    const { answer, told } = await pass([plugin('a', [{ onError: 'fail' }]), plugin('b', [{}])], () =>
      failing('PLUGIN_ERROR'),
    );
    expect(answer).toMatchObject({
      code: 'FILTER_FAILED',
      kind: { status: 422 },
      extra: { plugin: 'a', reason: 'PLUGIN_ERROR', run_id: expect.stringMatching(/^run_/) as string },
    });
    expect((answer as unknown as Error).message).not.toContain('words of the plugin');
    expect(told).toHaveLength(1);
  });

  it('is worth another try when it was the platform that failed', async () => {
    expect((await pass([plugin('a', [{ onError: 'fail' }])], () => failing('EXECUTOR_LOST'))).answer).toMatchObject({
      code: 'FILTER_FAILED',
      retryAfterS: 1,
    });
  });

  it('has so much time in all, and each filter what is left of it', async () => {
    const many = Array.from({ length: 8 }, (_, index) => plugin(`p${index}`, [{ timeoutMs: 900 }]));
    const { answer, told } = await pass(many, ({ value }) => Number(value) + 1, {}, 900);
    expect(told.map(({ wallMs }) => wallMs)).toEqual([900, 900, 900, 900, 900, filterChainLimits.chainMs - 4500]);
    expect(answer.value).toBe(7);
    expect(answer.runs.slice(6)).toMatchObject([
      { plugin: 'p6', run_id: null, status: 'skipped', error: { code: 'TIMEOUT' } },
      { plugin: 'p7', status: 'skipped' },
    ]);
    const closed = await pass([...many, plugin('z', [{ onError: 'fail' }])], () => 1, {}, 900);
    expect(closed.answer).toMatchObject({
      code: 'FILTER_FAILED',
      extra: { plugin: 'z', run_id: null, reason: 'TIMEOUT' },
    });
  });

  it('has no more time than whoever waits for it', async () => {
    const { told } = await pass([plugin('a', [{}])], () => 1, { deadlineMs: 1_000_250 });
    expect(told.map(({ wallMs }) => wallMs)).toEqual([250]);
  });

  it('is refused when it is too large', async () => {
    expect((await pass([plugin('a', [{}])], () => 1, { value: 'x'.repeat(maxFilterValueBytes) })).answer).toMatchObject(
      { code: 'PAYLOAD_TOO_LARGE' },
    );
    expect(
      (await pass([plugin('a', [{}])], () => 1, { value: 'ü'.repeat(maxFilterValueBytes / 2 - 1) })).answer,
    ).toMatchObject({ value: 1 });
  });

  it('does not go back into a filter that is waiting for it', async () => {
    const waiting = plugin('a', [{}]);
    const { told } = await pass([waiting, plugin('b', [{}])], () => 1, {
      cause: { ...fromOutside, within: [waiting.installationId] },
    });
    expect(told.map(({ slug }) => slug)).toEqual(['b']);
  });

  it('goes no further once nobody waits', async () => {
    const leaving = new AbortController();
    const { answer, told } = await pass(
      [plugin('a', [{}]), plugin('b', [{}])],
      () => (leaving.abort(), failing('CANCELLED')),
      { signal: leaving.signal },
    );
    expect(answer).toMatchObject({ code: 'FILTER_FAILED' });
    expect(told).toHaveLength(1);
  });
});
