import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idFromUuid, newId, newUuid, parseId, uuidFromId } from './ids.js';

describe('ids', () => {
  it('carry the same 128 bits as the UUID in the database', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => uuidFromId(idFromUuid('run', uuid)) === uuid));
  });

  it('encode the TypeID specification vectors', () => {
    expect(idFromUuid('run', '00000000-0000-0000-0000-000000000000')).toBe('run_00000000000000000000000000');
    expect(idFromUuid('run', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('run_7zzzzzzzzzzzzzzzzzzzzzzzzz');
    expect(idFromUuid('run', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('run_01h455vb4pex5vsknk084sn02q');
  });

  it('sort in the order in which one process made them', () => {
    const made = Array.from({ length: 10_000 }, () => newId('run'));
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  it('are version 7 and variant 10', () => {
    expect(newUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('are refused when the prefix, the length or a character is off', () => {
    expect(parseId('run', newId('run'))).toBeDefined();
    for (const bad of [
      '',
      'run_',
      newId('event'),
      'run_8zzzzzzzzzzzzzzzzzzzzzzzzz',
      'run_01h455vb4pex5vsknk084sn02u',
      "run_'--",
    ]) {
      expect(parseId('run', bad)).toBeUndefined();
    }
  });
});
