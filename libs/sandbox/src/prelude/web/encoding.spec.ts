import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate();
});
afterAll(() => {
  web.stop();
});

const bytes = (...values: number[]): string => `new Uint8Array([${values.join(',')}])`;

describe('TextDecoder', () => {
  it.each([
    [`new TextDecoder().decode(${bytes(0xe2, 0x82, 0xac)})`, '€'],
    [`new TextDecoder().decode(${bytes(0xe2, 0x82)})`, '\ufffd'],
    [`new TextDecoder().decode(${bytes(0xff, 0x41)})`, '\ufffdA'],
    [`new TextDecoder().decode(${bytes(0xed, 0xa0, 0x80)})`, '\ufffd\ufffd\ufffd'],
    [`new TextDecoder().decode(${bytes(0xf0, 0x9f, 0x98, 0x80)})`, '😀'],
    [`new TextDecoder().decode(${bytes(0xc0, 0x80)})`, '\ufffd\ufffd'],
    [`new TextDecoder().decode(${bytes(0xef, 0xbb, 0xbf, 0x41)})`, 'A'],
    [`new TextDecoder('utf-8', { ignoreBOM: true }).decode(${bytes(0xef, 0xbb, 0xbf, 0x41)})`, '\ufeffA'],
    [`new TextDecoder('utf-8', { fatal: true }).decode(${bytes(0xff)})`, '!TypeError'],
    [`new TextDecoder('utf-8', { fatal: true }).decode(${bytes(0xe2, 0x82)})`, '!TypeError'],
    [`new TextDecoder('utf-16le').decode(${bytes(0x41, 0, 0x3d, 0xd8, 0, 0xde)})`, 'A😀'],
    [`new TextDecoder('utf-16be').decode(${bytes(0, 0x41, 0xd8)})`, 'A\ufffd'],
    [`new TextDecoder('latin1').decode(${bytes(0x80, 0xe9)})`, '€é'],
    [`new TextDecoder('shift_jis').decode(${bytes(0x82, 0xa0)})`, 'あ'],
    [`new TextDecoder('gbk').decode(${bytes(0xc4, 0xe3)})`, '你'],
    [`new TextDecoder('euc-kr').decode(${bytes(0xb0, 0xa1)})`, '가'],
    ['new TextDecoder(" UTF8 ").encoding', 'utf-8'],
    ['new TextDecoder("ascii").encoding', 'windows-1252'],
    ['new TextDecoder("no-such")', '!RangeError'],
    ['new TextDecoder("replacement")', '!RangeError'],
    ['new TextDecoder().decode("text")', '!TypeError'],
    ['new TextDecoder().decode(new DataView(new ArrayBuffer(2)))', '\0\0'],
    ['new TextDecoder().decode()', ''],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });

  it('keeps an unfinished character between streamed chunks', async () => {
    expect(
      await web.run(`
        const decoder = new TextDecoder();
        const parts = [[0xf0, 0x9f], [0x98], [0x80, 0xe2], [0x82]].map((chunk) =>
          decoder.decode(new Uint8Array(chunk), { stream: true }),
        );
        return [...parts, decoder.decode(), decoder.decode(new Uint8Array([0x41]))];
      `),
    ).toEqual(['', '', '😀', '', '\ufffd', 'A']);
  });
});

describe('TextEncoder', () => {
  it.each([
    ["[...new TextEncoder().encode('A€😀')]", [0x41, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
    ["[...new TextEncoder().encode('\\ud800x')]", [0xef, 0xbf, 0xbd, 0x78]],
    ['[...new TextEncoder().encode()]', []],
    [
      `(() => {
          const target = new Uint8Array(4);
          return [new TextEncoder().encodeInto('a€€', target), [...target]];
        })()`,
      [{ read: 2, written: 4 }, [0x61, 0xe2, 0x82, 0xac]],
    ],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});

describe('base64', () => {
  it.each([
    ["btoa('')", ''],
    ["btoa('a')", 'YQ=='],
    ["btoa('\\u00ff')", '/w=='],
    ["btoa('€')", '!InvalidCharacterError'],
    ['btoa()', '!TypeError'],
    ['btoa(null)', 'bnVsbA=='],
    ["atob('YQ==')", 'a'],
    ["atob('YQ')", 'a'],
    ["atob(' Y\\nQ = = ')", 'a'],
    ["atob('YR==')", 'a'],
    ["atob('/w==')", '\u00ff'],
    ["atob('')", ''],
    ["atob('YQ=')", '!InvalidCharacterError'],
    ["atob('Y')", '!InvalidCharacterError'],
    ["atob('Y===')", '!InvalidCharacterError'],
    ["atob('YQ==YQ==')", '!InvalidCharacterError'],
    ["atob('-_')", '!InvalidCharacterError'],
    ["atob('Y\\u00a0Q==')", '!InvalidCharacterError'],
    ["atob(btoa('\\0'.repeat(20000))).length", 20000],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});
