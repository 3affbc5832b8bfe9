import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import AdmZip from 'adm-zip';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveLimits } from '@annex/limits';
import { extraField, writeZip, type ZipEntry } from '../../../../test/support/zip-writer.js';
import { readZip } from './read-zip.js';

const main: ZipEntry = { name: 'main.js', data: 'export {}' };
const manifest: ZipEntry = { name: 'plugin.json', data: '{}' };
const zip = (...entries: ZipEntry[]): Uint8Array => writeZip([manifest, ...entries]);
const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);

/** A file of `bytes` zeros, deflated: the densest content that deflate has. */
const bomb = (name: string, bytes: number, more: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  data: zeros(bytes),
  ...more,
});

const repeat = (count: number, make: (index: number) => ZipEntry): Uint8Array =>
  writeZip(Array.from({ length: count }, (_, index) => make(index)));

type Row = [what: string, archive: Uint8Array, rule: string, names?: string];

async function refusal(archive: Uint8Array): Promise<{ code: string; detail: string }[]> {
  const reading = await readZip(archive);
  return reading.ok ? [] : reading.errors;
}

describe('an archive is refused when its frame is strange', () => {
  const plain = zip(main);
  it.each<Row>([
    ['empty', new Uint8Array(), 'ZIP_FORMAT'],
    ['text', Buffer.from('hello'), 'ZIP_FORMAT'],
    ['a gzip', Buffer.from('1f8b0800000000000003', 'hex'), 'ZIP_FORMAT'],
    ['cut off', plain.subarray(0, plain.length - 5), 'ZIP_FORMAT'],
    ['only an end record, cut', Buffer.from('504b0506', 'hex'), 'ZIP_FORMAT'],
    ['with a comment', writeZip([manifest], { comment: 'hi' }), 'ZIP_COMMENT'],
    [
      'with a comment as long as a commit, that is none',
      writeZip([manifest], { comment: 'x'.repeat(40) }),
      'ZIP_COMMENT',
    ],
    ['with a commit and more', writeZip([manifest], { comment: `${'a1'.repeat(20)} ` }), 'ZIP_COMMENT'],
    [
      'with a commit that the end does not announce',
      Buffer.concat([plain, Buffer.from('a1'.repeat(20))]),
      'ZIP_STRAY_DATA',
    ],
    [
      'with bytes before an end with a commit',
      writeZip([manifest], { comment: 'a1'.repeat(20), beforeEnd: Buffer.from('hidden') }),
      'ZIP_STRAY_DATA',
    ],
    [
      'with a comment that holds another end',
      writeZip([manifest], { comment: Buffer.from(writeZip([])).toString('latin1') }),
      'ZIP_',
    ],
    ['with bytes after the end', writeZip([manifest], { suffix: Buffer.from('extra') }), 'ZIP_STRAY_DATA'],
    ['with a second archive after it', Buffer.concat([plain, zip(main)]), 'ZIP_STRAY_DATA'],
    ['with a comment that is not there', writeZip([manifest], { end: { commentLength: 5 } }), 'ZIP_STRAY_DATA'],
    ['with bytes before it', Buffer.concat([Buffer.from('#!/bin/sh\n'), plain]), 'ZIP_STRAY_DATA'],
    ['with bytes before it that offsets know', writeZip([manifest], { prefix: Buffer.from('MZ') }), 'ZIP_STRAY_DATA'],
    ['with bytes between entries', zip({ ...main, gap: Buffer.from('hidden') }), 'ZIP_STRAY_DATA', 'plugin.json'],
    [
      'with bytes before the directory',
      writeZip([manifest], { beforeDirectory: Buffer.from('hidden') }),
      'ZIP_STRAY_DATA',
      'plugin.json',
    ],
    ['with bytes before the end record', writeZip([manifest], { beforeEnd: Buffer.from('hidden') }), 'ZIP_STRAY_DATA'],
    ['in parts', writeZip([manifest], { end: { disk: 1 } }), 'ZIP_FORMAT'],
    ['with fewer entries than announced', writeZip([manifest], { end: { entries: 2 } }), 'ZIP_FORMAT'],
    ['with more entries than announced', writeZip([manifest, main], { end: { entries: 1 } }), 'ZIP_FORMAT'],
    ['with a directory beyond the file', writeZip([manifest], { end: { offset: 0x7fffffff } }), 'ZIP_STRAY_DATA'],
    ['with a directory that starts elsewhere', writeZip([manifest], { end: { offset: 0, size: 200 } }), 'ZIP_'],
    ['zip64 by its count', writeZip([manifest], { end: { entries: 0xffff } }), 'ZIP_ZIP64'],
    ['zip64 by its size', writeZip([manifest], { end: { size: 0xffffffff } }), 'ZIP_ZIP64'],
    [
      'zip64 by its locator',
      writeZip([manifest], { beforeEnd: Buffer.concat([Buffer.from('504b0607', 'hex'), zeros(16)]) }),
      'ZIP_ZIP64',
    ],
    ['zip64 by an extra field', zip({ ...main, central: { extra: extraField(1, zeros(16)) } }), 'ZIP_ZIP64', 'main.js'],
    [
      'zip64 by a local extra field',
      zip({ ...main, local: { extra: extraField(1, zeros(16)) } }),
      'ZIP_ZIP64',
      'main.js',
    ],
    ['with a comment on an entry', zip({ ...main, comment: 'hi' }), 'ZIP_COMMENT', 'main.js'],
    [
      'with broken extra fields',
      zip({ ...main, central: { extra: Buffer.from('ffff10', 'hex') }, local: { extra: new Uint8Array() } }),
      'ZIP_FORMAT',
      'main.js',
    ],
  ])('%s', async (_what, archive, rule, names = '') => {
    const [first] = await refusal(archive);
    expect(first?.code).toContain(rule);
    expect(first?.detail).toContain(names);
  });
});

describe('an archive is refused when its headers tell two stories', () => {
  it.each<Row>([
    ['two names', zip({ ...main, local: { name: 'evil.js' } }), 'ZIP_HEADERS_DISAGREE'],
    ['two methods', zip({ ...main, local: { method: 0 } }), 'ZIP_HEADERS_DISAGREE'],
    ['two checksums', zip({ ...main, local: { crc32: 1 } }), 'ZIP_HEADERS_DISAGREE'],
    ['two sizes', zip({ ...main, local: { bytes: 1 } }), 'ZIP_HEADERS_DISAGREE'],
    ['two flags', zip({ ...main, local: { flags: 1 } }), 'ZIP_HEADERS_DISAGREE'],
    ['a local header that is none', zip({ ...main, central: { localOffset: 3 } }), 'ZIP_'],
    ['a local header beyond the file', zip({ ...main, central: { localOffset: 0xfffffff0 } }), 'ZIP_HEADERS_DISAGREE'],
    ['a size that is too small', zip({ ...main, local: { bytes: 3 }, central: { bytes: 3 } }), 'ZIP_HEADERS_DISAGREE'],
    [
      'a size that is too large',
      zip({ ...main, local: { bytes: 30 }, central: { bytes: 30 } }),
      'ZIP_HEADERS_DISAGREE',
    ],
    [
      'a declared size of nothing',
      zip({ ...bomb('main.js', 400_000), local: { bytes: 0 }, central: { bytes: 0 } }),
      'ZIP_HEADERS_DISAGREE',
    ],
    [
      'stored with two sizes',
      zip({ ...main, method: 0, local: { bytes: 3 }, central: { bytes: 3 } }),
      'ZIP_HEADERS_DISAGREE',
    ],
    ['a wrong checksum', zip({ ...main, local: { crc32: 7 }, central: { crc32: 7 } }), 'ZIP_DATA'],
    ['damaged data', zip({ ...main, packed: Buffer.from('ffffffffff', 'hex') }), 'ZIP_DATA'],
    ['data that is cut off', zip({ ...main, packed: deflateRawSync('export {}').subarray(0, 4) }), 'ZIP_DATA'],
    [
      'data after the compressed data',
      zip({ ...main, packed: Buffer.concat([deflateRawSync('export {}'), Buffer.from('hidden')]) }),
      'ZIP_STRAY_DATA',
    ],
    [
      'more data than there is',
      zip({ ...main, local: { compressedBytes: 5000 }, central: { compressedBytes: 5000 } }),
      'ZIP_OVERLAP',
    ],
    [
      'less data than there is',
      zip({ ...main, method: 0, local: { compressedBytes: 2, bytes: 2 }, central: { compressedBytes: 2, bytes: 2 } }),
      'ZIP_STRAY_DATA',
    ],
    [
      'a descriptor that disagrees',
      zip({ ...main, descriptor: 'signed', central: { crc32: 9 } }),
      'ZIP_HEADERS_DISAGREE',
    ],
    [
      'a descriptor that is missing',
      zip({ ...main, local: { flags: 8 }, central: { flags: 8 } }),
      'ZIP_HEADERS_DISAGREE',
    ],
    [
      'a Unicode path that is another',
      zip({ ...main, central: { extra: extraField(0x7075, Buffer.from('01000000006576696c', 'hex')) } }),
      'ZIP_HEADERS_DISAGREE',
    ],
  ])('%s', async (_what, archive, rule) => {
    const [first] = await refusal(archive);
    expect(first?.code).toContain(rule);
    expect(first?.detail).toContain('main.js');
  });

  it('entries that share their data, as in a bomb of overlaps', async () => {
    const shared = bomb('0.bin', 900_000);
    const archive = writeZip([
      shared,
      ...Array.from({ length: 500 }, (_, index) => ({
        ...shared,
        name: `${index + 1}.bin`,
        centralOnly: true,
        central: { localOffset: 0, name: `${index + 1}.bin` },
      })),
    ]);
    const faults = await refusal(archive);
    expect(faults.map((fault) => fault.code)).toContain('ZIP_TOO_LARGE');
    const small = writeZip([main, { ...main, name: 'other.js', centralOnly: true, central: { localOffset: 0 } }]);
    expect(await refusal(small)).toMatchObject([{ code: 'ZIP_OVERLAP' }]);
  });

  it('entries that lie inside one another, quoted as stored data', async () => {
    const inner = zip(main);
    const archive = writeZip([
      { name: 'outer.bin', data: inner, method: 0 },
      { ...main, centralOnly: true, central: { localOffset: 39 } },
    ]);
    expect((await refusal(archive))[0]?.code).toBe('ZIP_OVERLAP');
  });
});

describe('an archive is refused when an entry is no plain file', () => {
  it.each<Row>([
    ['a symbolic link', zip({ name: 'main.js', data: '/etc/passwd', mode: 0o120777 }), 'ZIP_FILE_TYPE'],
    [
      'a symbolic link from DOS',
      zip({ name: 'main.js', data: '/etc/passwd', mode: 0o120777, host: 0 }),
      'ZIP_FILE_TYPE',
    ],
    ['a block device', zip({ ...main, mode: 0o060644 }), 'ZIP_FILE_TYPE'],
    ['a character device', zip({ ...main, mode: 0o020644 }), 'ZIP_FILE_TYPE'],
    ['a pipe', zip({ ...main, mode: 0o010644 }), 'ZIP_FILE_TYPE'],
    ['a socket', zip({ ...main, mode: 0o140644 }), 'ZIP_FILE_TYPE'],
    ['a volume label', zip({ ...main, dosAttributes: 8 }), 'ZIP_FILE_TYPE'],
    ['a folder by its mode only', zip({ ...main, mode: 0o040755 }), 'ZIP_FILE_TYPE'],
    ['a folder with data', zip({ name: 'main.js/', data: 'x' }), 'ZIP_FILE_TYPE'],
    ['a Unix record with a link', zip({ ...main, central: { extra: extraField(0x756e, zeros(14)) } }), 'ZIP_FILE_TYPE'],
    ['encrypted', zip({ ...main, local: { flags: 1 }, central: { flags: 1 } }), 'ZIP_ENCRYPTED'],
    ['AES-encrypted', zip({ ...main, central: { method: 99, extra: extraField(0x9901, zeros(7)) } }), 'ZIP_'],
    ['packed with bzip2', zip({ ...main, local: { method: 12 }, central: { method: 12 } }), 'ZIP_METHOD'],
    ['marked with unknown flags', zip({ ...main, local: { flags: 0x2000 }, central: { flags: 0x2000 } }), 'ZIP_FORMAT'],
  ])('%s', async (_what, archive, rule) => {
    const [first] = await refusal(archive);
    expect(first?.code).toContain(rule);
    expect(first?.detail).toContain('main.js');
  });

  it.each([
    '../x',
    'a/../../x',
    '..',
    '/etc/passwd',
    '//server/x',
    'C:\\x',
    'C:x',
    'c:/x',
    'a\\b',
    '..\\x',
    './main.js',
    'a/./b',
    'a//b',
    '',
    '.',
    'a\0b',
    'a\nb',
    'a\u007fb',
    'a\u0085b',
    'evil\u202ejs.txt',
    'a\u2066b',
    'a\u200bb',
    '\ufeffa',
    'a\u2028b',
    'a\u{e0041}b',
    'CON',
    'con.js',
    'lib/NUL.txt',
    'COM1',
    'lpt9.js',
    'aux ',
    'a.',
    'lib./x',
    'lib /x',
    'file.js:stream',
    'x'.repeat(256),
    `${'a/'.repeat(33)}x`,
    `${'abcdefgh/'.repeat(80)}x`,
  ])('named %j', async (name) => {
    expect((await refusal(zip({ name, data: 'x' }))).map((fault) => fault.code)).toEqual(['ZIP_NAME']);
  });

  it('named in no encoding that is UTF-8', async () => {
    expect((await refusal(zip({ name: Buffer.from('ff2e6a73', 'hex'), data: 'x' })))[0]?.code).toBe('ZIP_NAME');
  });

  it.each([
    ['twice', 'main.js', 'main.js'],
    ['by case', 'Main.js', 'main.js'],
    ['by the case of a folder', 'Lib/a.js', 'lib/b.js'],
    ['by Unicode form', 'caf\u00e9.js', 'cafe\u0301.js'],
    ['by a special case', 'stra\u00dfe.js', 'STRASSE.js'],
    ['by compatibility form', '\ufb01x.js', 'fix.js'],
    ['as file and folder', 'lib', 'lib/a.js'],
    ['as folder and file', 'lib/a.js', 'lib'],
    ['as listed folder and file', 'lib/', 'lib'],
    ['as a folder listed twice', 'lib/', 'lib/'],
  ])('colliding %s', async (_how, first, second) => {
    const content = (name: string): string => (name.endsWith('/') ? '' : 'x');
    const faults = await refusal(zip({ name: first, data: content(first) }, { name: second, data: content(second) }));
    expect(faults).toMatchObject([{ code: 'ZIP_COLLISION' }]);
  });
});

describe('an archive is refused when it is too much', () => {
  it.each<[string, () => Uint8Array, string]>([
    ['packed', () => writeZip([{ name: 'x', data: randomBytes(10 * 1024 * 1024 + 1), method: 0 }]), 'ZIP_TOO_LARGE'],
    [
      'unpacked',
      () => repeat(60, (index) => ({ name: `${index}`, data: Buffer.concat([randomBytes(16_000), zeros(984_000)]) })),
      'ZIP_TOO_LARGE',
    ],
    ['in files', () => repeat(1001, (index) => ({ name: `${index}`, data: '' })), 'ZIP_TOO_MANY_FILES'],
    [
      'in entries of all kinds',
      () => repeat(20_001, (index) => ({ name: `node_modules/${index}/` })),
      'ZIP_TOO_MANY_FILES',
    ],
    ['in entries', () => repeat(60_000, (index) => ({ name: `${index}/` })), 'ZIP_TOO_MANY_FILES'],
    ['in ratio', () => writeZip([bomb('x', 10 * 1024 * 1024)]), 'ZIP_RATIO'],
    ['in ratio of many', () => repeat(40, (index) => bomb(`${index}`, 1_000_000)), 'ZIP_RATIO'],
    [
      'in the depth of one name, 64 kB long',
      () => writeZip([{ name: 'a/'.repeat(32_766) + 'x', data: '' }]),
      'ZIP_NAME',
    ],
    [
      'in what it inflates to, against what it says',
      () => writeZip([{ ...bomb('x', 45_000_000), local: { bytes: 5 }, central: { bytes: 5 } }]),
      'ZIP_HEADERS_DISAGREE',
    ],
  ])('%s', async (_how, make, rule) => {
    expect((await refusal(make())).map((fault) => fault.code)).toContain(rule);
  });
});

describe('an honest archive is read', () => {
  it.each<[string, Uint8Array]>([
    ['deflated', zip(main)],
    ['stored', zip({ ...main, method: 0 })],
    ['with signed descriptors', zip({ ...main, descriptor: 'signed' })],
    ['with bare descriptors', zip({ ...main, descriptor: 'bare' })],
    ['from DOS', zip({ ...main, host: 0, mode: 0 })],
    [
      'with setuid and time stamps',
      zip({
        ...main,
        mode: 0o104755,
        central: { extra: extraField(0x5455, zeros(5)) },
        local: { extra: extraField(0x5455, zeros(9)) },
      }),
    ],
    ['with folders listed', zip({ name: 'lib/' }, { name: 'lib/deep/' }, { name: 'lib/deep/x.js', data: '1' }, main)],
    ['in another order', writeZip([main, manifest])],
    ['with three bytes of padding', zip({ ...main, local: { extra: zeros(3) } })],
  ])('%s', async (_what, archive) => {
    const reading = await readZip(archive);
    expect(reading).toMatchObject({ ok: true });
    if (reading.ok) expect(Buffer.from(reading.files.get('main.js') ?? []).toString()).toBe('export {}');
  });

  it.each([40, 64])('written by git archive, with the commit of %i digits as its comment', async (length) => {
    const reading = await readZip(writeZip([manifest, main], { comment: 'a1'.repeat(length / 2) }));
    expect(reading).toMatchObject({ ok: true });
  });

  it('whatever its files hold and are called, as another reader finds them', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9_]{1,20}\.[a-z]{1,4}$/), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.infiniteStream(fc.uint8Array({ maxLength: 2000 })),
        fc.infiniteStream(fc.constantFrom(0, 8)),
        async (all, contents, methods) => {
          const entries = all
            .filter((name) => !/^(con|prn|aux|nul|com\d|lpt\d)\./.test(name))
            .map((name) => ({ name, data: contents.next().value, method: methods.next().value }));
          const archive = writeZip(entries);
          const reading = await readZip(archive);
          expect(reading).toEqual({
            ok: true,
            files: new Map(entries.map((entry) => [entry.name, expect.anything()])),
          });
          if (!reading.ok) return;
          const witness = new AdmZip(Buffer.from(archive));
          for (const entry of entries) {
            expect(Buffer.compare(reading.files.get(entry.name) ?? zeros(1), entry.data)).toBe(0);
            expect(Buffer.compare(witness.getEntry(entry.name)?.getData() ?? zeros(1), entry.data)).toBe(0);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('and an archive with any one byte changed never makes the reader throw, nor yields another content', async () => {
    const archive = zip(main, { name: 'lib/x.js', data: 'x'.repeat(300), descriptor: 'signed' });
    for (let at = 0; at < archive.length; at += 1) {
      const changed = Uint8Array.from(archive);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      const reading = await readZip(changed);
      if (reading.ok && reading.files.has('main.js'))
        expect(Buffer.from(reading.files.get('main.js') ?? []).toString()).toBe('export {}');
    }
  });

  it('names at most fifty faults and counts the others', async () => {
    const faults = await refusal(repeat(900, (index) => ({ name: `../${index}`, data: '' })));
    expect(faults).toHaveLength(51);
    expect(faults[50]?.detail).toContain('850 more');
    expect(archiveLimits).toMatchObject({ maxFiles: 1000, maxEntries: 20_000 });
  });
});
