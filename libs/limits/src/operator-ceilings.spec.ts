import { describe, expect, it } from 'vitest';
import { ceilingOf, effectiveLimits, forKind, limitNames, manifestCeilings, runLimits } from './limits.js';
import { kindsOf, limitWireName, readOperatorCeilings } from './operator-ceilings.js';
import { usageNames } from './usage.js';

const problemsOf = (json: unknown): string[] => readOperatorCeilings(json).problems;

describe('the operator’s ceilings', () => {
  it('are limits by their wire names, for all kinds of run or for some', () => {
    const { ceilings, problems } = readOperatorCeilings({ http_calls: 10, wall_ms: { route: 20_000, job: 1000 } });
    expect(problems).toEqual([]);
    expect(ceilings).toEqual({ httpCalls: 10, wallMs: { route: 20_000, job: 1000 } });
    expect(ceilingOf('httpCalls', 'filter', ceilings)).toBe(10);
    expect(ceilingOf('wallMs', 'route', ceilings)).toBe(20_000);
    expect(ceilingOf('wallMs', 'event', ceilings)).toBe(5000);
  });

  it('are what a manifest may ask for, and of everything else the limit itself', () => {
    const raised = { wallMs: { route: 20_000 }, memoryMb: 256, httpCalls: 100, logLines: 5 };
    expect(effectiveLimits('route', {}, raised)).toMatchObject({
      wallMs: 5000,
      memoryMb: 100,
      httpCalls: 100,
      logLines: 5,
    });
    expect(effectiveLimits('route', { timeoutMs: 60_000, memoryMb: 200 }, raised)).toMatchObject({
      wallMs: 20_000,
      memoryMb: 200,
    });
    expect(effectiveLimits('job', {}, { wallMs: { job: 1000 }, memoryMb: 16 })).toMatchObject({
      wallMs: 1000,
      memoryMb: 16,
    });
  });

  it('tell a manifest the most time that any kind of run may have', () => {
    expect(manifestCeilings()).toEqual({ memoryMb: 100, timeoutMs: 5000, jobTimeoutMs: 900_000 });
    expect(manifestCeilings({ wallMs: { event: 9000, job: 60_000 }, memoryMb: 64 })).toEqual({
      memoryMb: 64,
      timeoutMs: 9000,
      jobTimeoutMs: 60_000,
    });
  });

  it('are refused with every problem at once', () => {
    expect(
      problemsOf({
        http_cals: 1,
        http_calls: -1,
        wall_ms: 20_000,
        cpu_ms: { route: 1e9, rout: 1 },
        memory_mb: { job: 100 },
        emails: { webhook: 1 },
        emits: {},
        log_lines: '5',
        payload_bytes: 1,
        stream_ms: { route: 1.5 },
      }).map((problem) => problem.replace(/(; there are) [^.]*/, '$1 …')),
    ).toEqual([
      '/http_cals: is no limit; there are …. Did you mean "http_calls"?',
      '/http_calls: must be a whole number from 0 to 1000',
      '/wall_ms: must be a whole number from 100 to 1000; for more write it by kind of run, such as {"route":2000}',
      '/cpu_ms/route: must be a whole number from 10 to 60000',
      '/cpu_ms/rout: is no kind of run that has this limit; write route, event, job, webhook, filter, lifecycle, ' +
        'source. Did you mean "route"?',
      '/memory_mb: must be one number: it is the same for all kinds of run',
      '/emails/webhook: is no kind of run that has this limit; write route, event, job, filter, lifecycle, source.',
      '/emits: must name a kind of run: route, event, job, filter, lifecycle, source',
      '/log_lines: must be a whole number from 0 to 10000',
      '/payload_bytes: cannot be set, because payloads are judged where they come in, before there is a run',
      '/stream_ms/route: must be a whole number from 1000 to 3600000',
    ]);
    for (const json of [null, [], 5, 'x']) expect(problemsOf(json)).toEqual([expect.stringContaining('an object')]);
  });

  it.each(limitNames)('of %s hold the catalogue’s own numbers within their bounds', (name) => {
    const { operator } = runLimits[name];
    if ('fixed' in operator) return expect(operator.fixed).not.toBe('');
    for (const kind of kindsOf(name)) {
      expect(effectiveLimits(kind)[name]).toBeGreaterThanOrEqual(operator.least);
      expect(ceilingOf(name, kind)).toBeLessThanOrEqual(forKind(operator.most, kind));
    }
  });

  it('have the names under which a run shows its use', () => {
    for (const [name, wire] of Object.entries(usageNames)) expect(limitWireName(name as never)).toBe(wire);
  });
});
