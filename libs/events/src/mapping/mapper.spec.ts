import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { maxPayloadBytes } from '@annex/limits';
import type { IncomingEvent } from './event-fields.js';
import { Mapper } from './mapper.js';
import { readMapping } from './read-mappings.js';

function mapper(...documents: { name?: string; plugin?: string; document: JsonObject }[]): Mapper {
  return new Mapper(
    documents.map(({ name = 'main', plugin = null, document }) => {
      const reading = readMapping({ api_version: 'v1', ...document });
      if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
      return { name, plugin, definition: reading.mapping };
    }),
  );
}
const rules = (...mappings: JsonObject[]): Mapper => mapper({ document: { mappings } });
const event = (more: Partial<IncomingEvent> = {}): IncomingEvent => ({
  ...{ id: 'e1', type: 'a.b', source: 's', subject: null, data: {}, time: '2026-01-01T00:00:00.000Z' },
  ...{ severity: 'info', tags: [], attributes: {}, ...more },
});

describe('rules', () => {
  it('are asked in their order, by exact name and by pattern, and the first that takes an event counts', () => {
    const all = rules(
      { type: 'a.b', where: { 'data.n': 1 }, to: 'one.x' },
      { type: 'a.*', where: { 'data.n': { $gte: 2 } }, to: 'two.x' },
      { type: 'a.b', to: 'three.x' },
      { type: '**', to: 'four.x' },
    );
    const madeOf = (data: Json, type = 'a.b'): string => all.map(event({ data, type })).event.type;
    expect([madeOf({ n: 1 }), madeOf({ n: 2 }), madeOf({ n: 0 }), madeOf({}, 'z')]).toEqual([
      ...['one.x', 'two.x', 'three.x', 'four.x'],
    ]);
  });

  it("of the tenant's own are asked before those of packages", () => {
    const document = { mappings: [{ type: 'a.b', to: 'mine.x' }] };
    const theirs = { name: 'a.first', plugin: 'a', document: { mappings: [{ type: 'a.b', to: 'theirs.x' }] } };
    expect(mapper(theirs, { name: 'z', document }).map(event()).mappedFrom).toBe('z/mine.x');
  });

  it('name a source in full, or by the end of one of ours', () => {
    const all = rules({ source: 'github', type: 'a.b', to: 'x.y' });
    for (const source of ['github', 'annex:hooks/github', 'annex:plugin/github'])
      expect(all.map(event({ source })).event.type, source).toBe('x.y');
    for (const source of ['other/github', 'annex:hooks/notgithub', 'GitHub'])
      expect(all.map(event({ source })).event.type, source).toBe('a.b');
  });

  it('of packages do not see what the platform says', () => {
    const document = { mappings: [{ source: 'annex:platform', type: '**', to: 'x.y' }], unmapped: 'drop' };
    const said = event({ type: 'auth.user.created', source: 'annex:platform' });
    expect(mapper({ name: 'p.m', plugin: 'p', document }).map(said)).toMatchObject({
      mappedFrom: null,
      droppedBy: null,
    });
    expect(mapper({ document }).map(said).mappedFrom).toBe('main/x.y');
  });

  it('see the event as it came, and their key sees what they made of it', () => {
    const all = rules({
      ...{ type: 'a.b', to: 'x.y', where: { severity: 'info' }, severity: 'error' },
      ...{ set: { subject: '{{ data.name }}', 'data.copy.of': '{{ severity }}' } },
      dedupe: { key: '{{ type }}/{{ subject }}/{{ severity }}' },
    });
    expect(all.map(event({ data: { name: 'web' } }))).toMatchObject({
      event: { subject: 'web', data: { name: 'web', copy: { of: 'info' } } },
      dedupe: { key: 'x.y/web/error' },
    });
  });

  it('set nothing that an event cannot carry', () => {
    const all = rules({
      type: 'a.b',
      set: { subject: '{{ data.t }}', 'data.x.y': '{{ data.t }}', 'data.none': '{{ data.n }}' },
    });
    expect(all.map(event({ data: { t: 'a\u0000b\n', x: 7 } })).event).toMatchObject({
      ...{ subject: 'a b', data: { t: 'a\u0000b\n', x: 7 } },
    });
    const full = { t: 'x'.repeat(maxPayloadBytes - 20) };
    expect(all.map(event({ data: full })).event.data).toBe(full);
    expect(all.map(event({ data: { t: 'é'.repeat(300) } })).event.subject).toHaveLength(256);
  });

  it('keep the digest of a long key', () => {
    const { dedupe } = rules({ type: 'a.b', dedupe: { key: '{{ data.t }}' } }).map(
      event({ data: { t: 'x'.repeat(257) } }),
    );
    expect(dedupe?.key).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('give up on an event that would cost too much to look at', () => {
    const dear = { $or: Array.from({ length: 100 }, () => ({ 'data.list.x': { $like: '%a%a%a%a%b' } })) };
    const all = rules(...Array.from({ length: 20 }, () => ({ type: 'a.b', where: dear, to: 'x.y' })));
    const list = Array.from({ length: 2000 }, () => ({ x: 'a'.repeat(100) }));
    expect(all.map(event({ data: { list } }))).toMatchObject({
      isTooDear: true,
      mappedFrom: null,
      event: { type: 'a.b' },
    });
  });

  it('that are disabled take nothing', () => {
    const all = rules({ type: 'a.b', to: 'x.y', enabled: false });
    expect(all.isEmpty).toBe(true);
    expect(all.map(event()).mappedFrom).toBeNull();
  });
});

describe('correlations', () => {
  it('are met by either name of an event, and not without a key', () => {
    const all = mapper({
      document: {
        mappings: [{ type: 'a.raw', to: 'a.b' }],
        correlations: [
          { emit: 'x.y', all: ['a.*', 'a.raw', 'c'], absent: ['a.b'].slice(1), by: '{{ subject }}', within_s: 9 },
          { emit: 'x.z', all: ['c'], absent: ['a.b'], by: '{{ data.k }}', within_s: 9 },
        ],
      },
    });
    const mapped = all.map(event({ type: 'a.raw', subject: 'k' }));
    expect(all.partsOf(mapped)).toMatchObject([{ key: 'k', meets: [0, 1], isAbsent: false }]);
    expect(all.partsOf(all.map(event({ type: 'a.raw', data: { k: 1 } })))).toMatchObject([
      { key: '1', isAbsent: true },
    ]);
  });
});
