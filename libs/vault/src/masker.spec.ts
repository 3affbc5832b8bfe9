import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker, growingMasker } from './masker.js';
import { Maskers } from './maskers.js';

const secret = 'pa$$ "wörd"/+?&=%20\n☂';

describe('a masker', () => {
  it.each([
    ['as it is', secret],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase())],
    ['as a form field', new URLSearchParams({ '': secret }).toString().slice(1)],
    ['JSON-escaped', JSON.stringify(secret).slice(1, -1)],
    ['escaped for HTML by a template', secret.replaceAll('&', '&amp;').replaceAll('"', '&#34;')],
    ['escaped for HTML in other words', secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)],
  ])('hides a secret %s', (_form, shown) => {
    const { text } = createMasker([secret]);
    expect(text(`before ${shown} after`)).toBe('before *** after');
    expect(text(`${shown}${shown}`)).toBe('***');
  });

  it('hides a password inside Basic credentials, however long the user name is', () => {
    const { text } = createMasker(['correct horse battery']);
    for (const user of ['a', 'ab', 'abc', 'abcd', 'ada@example.com']) {
      const shown = Buffer.from(`${user}:correct horse battery`).toString('base64');
      const masked = text(`Basic ${shown}`);
      expect(masked).toContain('***');
      // What is left of the encoding must not hold more than a byte of it at either end.
      for (const part of masked.replace('Basic ', '').split('***'))
        expect(Buffer.from(part, 'base64').toString()).not.toMatch(/corr|tery/);
    }
  });

  it.each([
    ['btoa', btoa('schlüssel&größe')],
    ['btoa after a user name', btoa('ada:schlüssel&größe')],
    ['Basic credentials in UTF-8', Buffer.from('ada:schlüssel&größe').toString('base64')],
    ['toHex of Latin-1', Buffer.from('schlüssel&größe', 'latin1').toString('hex')],
    ['encodeURI', encodeURI('schlüssel&größe')],
    ['escape', escape('schlüssel&größe')],
    ['URLSearchParams', String(new URLSearchParams({ q: 'schlüssel&größe' }))],
    ['a path of URL', new URL('https://x.io/schlüssel&größe').pathname],
    ['upper case', 'schlüssel&größe'.toUpperCase()],
  ])('hides what a plugin makes of a secret with %s', (_how, shown) => {
    const masked = createMasker(['schlüssel&größe']).text(shown);
    expect(masked).toContain('***');
    for (const left of masked.split('***')) expect(left.length).toBeLessThan(9);
  });

  it('hides every piece of a large secret, wherever its parts lie', () => {
    const value = Array.from({ length: 3_000 }, (_, index) => `${index}é☂`).join('');
    const { text } = createMasker([value]);
    for (const shown of [
      value,
      encodeURIComponent(value),
      JSON.stringify(value),
      Buffer.from(value).toString('base64'),
      Buffer.from(`xy${value}`).toString('base64'),
      Buffer.from(value).toString('hex'),
    ]) {
      expect(text(shown).replaceAll('***', '').length).toBeLessThan(16);
    }
  });

  it('hides numbers that hold a secret, names of members, and values however deep', () => {
    const { json } = createMasker(['12345678', 'hush-hush']);
    const value = JSON.parse('{"n":[12345678,1.5,true,null,{"hush-hush":"x"}],"__proto__":{"a":"say hush-hush"}}');
    expect(JSON.stringify(json(value))).toBe('{"n":["***",1.5,true,null,{"***":"x"}],"__proto__":{"a":"say ***"}}');
    expect(JSON.stringify(value)).toContain('hush-hush');
    const depth = 200_000;
    let deep: unknown = 'hush-hush';
    for (let level = 0; level < depth; level += 1) deep = [deep];
    let masked: unknown = json(deep as never);
    for (let level = 0; level < depth; level += 1) masked = (masked as unknown[])[0];
    expect(masked).toBe('***');
  });

  it('leaves values of fewer than four characters alone', () => {
    const { text, json } = createMasker(['', 'a', 'abc']);
    expect(text('abc a')).toBe('abc a');
    const value = { a: 1 };
    expect(json(value)).toBe(value);
  });

  it('hides the whole of overlapping secrets', () => {
    const { text } = createMasker(['abcdef', 'cdefgh', 'bcde']);
    expect(text('x abcdefgh y')).toBe('x *** y');
    expect(text('x bcdefgh y bcde')).toBe('x *** y ***');
  });

  it('hides a key of many lines also when its lines are printed one by one', () => {
    const lines = Array.from({ length: 20 }, (_, line) =>
      Buffer.from(`line ${line} of a long key, as long as lines are`).toString('base64').padEnd(64, '=').slice(0, 64),
    );
    const { text } = createMasker([lines.join('')]);
    expect(text(lines.join(''))).toBe('***');
    expect(text(lines.join('\n'))).toBe(lines.map(() => '***').join('\n'));
    const uneven = createMasker([`${lines.join('')}tail`]);
    expect(uneven.text(`<${lines.join('')}tail>`)).toBe('<***>');
  });

  it('hides a secret in lower case, as hosts and names of headers are written', () => {
    expect(createMasker(['AbCdEfGh1234']).text('no address for abcdefgh1234.example.com')).toBe(
      'no address for ***.example.com',
    );
  });

  it('hides each longer line of a secret of many lines, and not the frame around a key', () => {
    const { text } = createMasker([
      '-----BEGIN KEY-----\r\nMIIlineOneOfTheKey\r\nMIIlineTwoOfTheKey\r\nshort\r\n-----END KEY-----\r\n',
    ]);
    expect(text('x MIIlineTwoOfTheKey y')).toBe('x *** y');
    expect(text(encodeURIComponent('a MIIlineOneOfTheKey'))).toBe('a%20***');
    expect(text('-----BEGIN KEY----- short')).toBe('-----BEGIN KEY----- short');
  });

  it('never lets a secret through, wherever it stands', () => {
    const word = fc.string({ minLength: 4, maxLength: 150, unit: fc.constantFrom('a', 'b', 'é', '"', ' ') });
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 5 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const { text } = createMasker(secrets);
          const shown = before + secrets.join(after) + after;
          const masked = text(shown);
          for (const one of secrets) expect(masked).not.toContain(one);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves text without secrets as it was', () => {
    const { text } = createMasker(['needle-in-hay', 'x'.repeat(500)]);
    fc.assert(fc.property(fc.string(), (hay) => text(hay) === hay));
  });

  it('learns a large secret in many turns, so that nobody waits for it', async () => {
    let turns = 0;
    const count = setInterval(() => undefined, 1_000);
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const masker = growingMasker();
    const value = 'k'.repeat(100) + Array.from({ length: 9_000 }, (_, index) => index.toString(36)).join('-');
    await masker.add(value);
    clearImmediate(next);
    clearInterval(count);
    expect(turns).toBeGreaterThan(value.length / 4_096);
    expect(masker.text(`it is ${value}!`)).toBe('it is ***!');
  });

  it('is made once for the same values', async () => {
    const maskers = new Maskers();
    const [one, same, other] = await Promise.all([
      maskers.of(['abcdef', 'ghijkl']),
      maskers.of(new Set(['ghijkl', 'abcdef'])),
      maskers.of(['abcdef']),
    ]);
    expect(await maskers.of(['abcdef', 'ghijkl'])).toBe(one);
    expect(same.text('abcdef ghijkl')).toBe('*** ***');
    expect(other.text('abcdef ghijkl')).toBe('*** ghijkl');
  });

  it('stays linear for text and secrets that were chosen to be slow', () => {
    // With a search that starts over at each place this is 2 × 10¹⁰ comparisons a secret, which no test would live to
    // see.
    const secrets = Array.from({ length: 5 }, (_, index) => `${'a'.repeat(65_000)}${index}`);
    const { text } = createMasker(secrets);
    const hay = 'a'.repeat(1024 * 1024);
    expect(text(hay)).toBe('***');
    const short = createMasker(Array.from({ length: 60 }, (_, index) => `${'a'.repeat(index + 3)}b`));
    expect(short.text(hay)).toBe(hay);
  });
});
