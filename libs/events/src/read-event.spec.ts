import { describe, expect, it } from 'vitest';
import type { Json } from '@annex/kernel';
import { readEvent } from './read-event.js';

const cloud = { specversion: '1.0', id: 'A-1', source: '/ci/builds', type: 'build.completed' };
const noLabels = { severity: 'info', tags: [], attributes: {} };
const faults = (body: unknown): string[] => {
  const reading = readEvent(body, { maxDataBytes: 1000 });
  return reading.ok ? [] : reading.errors.map((fault) => fault.pointer);
};

describe("an event in Annex's own form", () => {
  it('needs a type only', () => {
    expect(readEvent({ type: 'build.completed' })).toEqual({
      ok: true,
      event: { ...noLabels, id: null, type: 'build.completed', source: null, subject: null, data: {}, time: null },
    });
  });

  it('keeps everything its sender said, the time in UTC', () => {
    const body = { type: 'a.b', id: 'x', source: '/mine', subject: 's', data: [1], time: '2026-03-01T13:00:00+01:00' };
    expect(readEvent(body)).toEqual({ ok: true, event: { ...noLabels, ...body, time: '2026-03-01T12:00:00.000Z' } });
  });

  it('may carry null', () => {
    expect(readEvent({ type: 'a', data: null })).toMatchObject({ ok: true, event: { data: null } });
  });

  it('reports every fault together', () => {
    expect(
      faults({
        type: 'A',
        id: 7,
        source: 'annex:platform',
        subject: '',
        time: 'yesterday',
        data: 'x'.repeat(2000),
        dta: 1,
      }).sort(),
    ).toEqual(['/data', '/dta', '/id', '/source', '/subject', '/time', '/type']);
  });

  it.each([[null], [[]], ['text'], [7]])('is an object, not %j', (body) => {
    expect(faults(body)).toEqual(['']);
  });

  it('may not be nested without end', () => {
    let data: Json = 1;
    for (let depth = 0; depth < 50_000; depth += 1) data = [data];
    expect(faults({ type: 'a', data })).toEqual(['/data']);
  });

  it.each(['2026-03-01', '2026-03-01T12:00:00', '2026-13-01T12:00:00Z', 12])('has no time such as %s', (time) => {
    expect(faults({ type: 'a', time })).toEqual(['/time']);
  });
});

describe('a CloudEvent', () => {
  it('becomes the same shape, extensions allowed', () => {
    expect(
      readEvent({
        ...cloud,
        subject: 'main',
        data: { ok: true },
        traceparent: '00-a',
        datacontenttype: 'application/json',
      }),
    ).toEqual({
      ok: true,
      event: {
        id: 'A-1',
        type: 'build.completed',
        source: '/ci/builds',
        subject: 'main',
        data: { ok: true },
        time: null,
        severity: 'info',
        tags: [],
        attributes: { traceparent: '00-a', datacontenttype: 'application/json' },
      },
    });
  });

  it.each([
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/vnd.x+json; charset=utf-8', '[1]', [1]],
    ['text/plain', 'hi', 'hi'],
    ['image/png', 'hi', { base64: 'aGk=', content_type: 'image/png' }],
  ])('with data_base64 of %s is decoded when it is text', (datacontenttype, text, data) => {
    const reading = readEvent({ ...cloud, datacontenttype, data_base64: Buffer.from(text).toString('base64') });
    expect(reading).toMatchObject({ ok: true, event: { data } });
  });

  it.each([
    [{ specversion: '0.3' }, '/specversion'],
    [{ id: null }, '/id'],
    [{ source: undefined }, '/source'],
    [{ data: 1, data_base64: 'aGk=' }, '/data_base64'],
    [{ data_base64: '%%' }, '/data_base64'],
    [{ datacontenttype: 'application/json', data_base64: 'aGk=' }, '/data_base64'],
    [{ 'my-ext': 1 }, '/my-ext'],
    [{ ext: {} }, '/ext'],
    [{ datacontenttype: 1 }, '/datacontenttype'],
  ])('with %j is refused', (change, pointer) => {
    expect(faults({ ...cloud, ...change })).toEqual([pointer]);
  });
});
