/**
 * The packages of docs/packages.md. Each has a small program: `head` stands at the top of a plugin, `run` is the value
 * that its route answers, and `want` is what that must be, or `test` says whether it is right. `http` answers what the
 * program asks of the network: `true` answers with the request. `fails`: what the error says when the program runs;
 * `refused`: what the refusal at upload says. `with`: what is installed beside. `note`: for the reader of the table.
 */
const jwk = `{ modulusLength: 2048, extractable: true }`;

export const cases = [
  // Data
  {
    name: 'lodash',
    version: '4.18.1',
    head: `import _ from 'lodash'`,
    run: `[_.chunk([1, 2, 3], 2), _.camelCase('a-b c'), _.merge({ a: { b: 1 } }, { a: { c: 2 } })]`,
    want: [[[1, 2], [3]], 'aBC', { a: { b: 1, c: 2 } }],
  },
  {
    name: 'lodash-es',
    version: '4.18.1',
    head: `import { groupBy, sortBy } from 'lodash-es'`,
    run: `[groupBy([1.2, 1.5, 2.1], Math.floor), sortBy([3, 1, 2])]`,
    want: [{ 1: [1.2, 1.5], 2: [2.1] }, [1, 2, 3]],
  },
  {
    name: 'ramda',
    version: '0.32.0',
    head: `import * as R from 'ramda'`,
    run: `R.pipe(R.map(R.inc), R.sum)([1, 2, 3])`,
    want: 9,
  },
  {
    name: 'immer',
    version: '11.2.13',
    head: `import { produce } from 'immer'`,
    run: `produce({ a: [1] }, (d) => { d.a.push(2) })`,
    want: { a: [1, 2] },
  },
  {
    name: 'immutable',
    version: '5.2.1',
    head: `import { Map } from 'immutable'`,
    run: `Map({ a: 1 }).set('b', 2).toJS()`,
    want: { a: 1, b: 2 },
  },
  {
    name: 'rxjs',
    version: '7.8.2',
    head: `import { firstValueFrom, from } from 'rxjs'\nimport { map, toArray } from 'rxjs/operators'`,
    run: `await firstValueFrom(from([1, 2]).pipe(map((n) => n * 2), toArray()))`,
    want: [2, 4],
  },
  {
    name: 'effect',
    version: '4.1.0',
    head: `import { Effect, Schema } from 'effect'`,
    run: `[
        await Effect.runPromise(Effect.map(Effect.succeed(20), (n) => n + 1)),
        Schema.decodeUnknownSync(Schema.NumberFromString)('7'),
      ]`,
    want: [21, 7],
  },
  {
    name: 'fp-ts',
    version: '2.16.11',
    head: `import { pipe } from 'fp-ts/function'\nimport * as O from 'fp-ts/Option'`,
    run: `pipe(O.some(2), O.map((n) => n + 1), O.getOrElse(() => 0))`,
    want: 3,
  },
  {
    name: 'deepmerge',
    version: '4.3.1',
    head: `import merge from 'deepmerge'`,
    run: `merge({ a: [1] }, { a: [2] })`,
    want: { a: [1, 2] },
  },
  {
    name: 'fast-deep-equal',
    version: '3.1.3',
    head: `import equal from 'fast-deep-equal'`,
    run: `equal({ a: [1] }, { a: [1] })`,
    want: true,
  },
  {
    name: 'lru-cache',
    version: '11.5.3',
    head: `import { LRUCache } from 'lru-cache'`,
    run: `(() => { const c = new LRUCache({ max: 1 }); c.set('a', 1); c.set('b', 2); return [...c.keys()] })()`,
    want: ['b'],
  },
  {
    name: 'p-limit',
    version: '7.3.3',
    head: `import pLimit from 'p-limit'`,
    run: `await Promise.all([1, 2].map((n) => pLimit(1)(async () => n)))`,
    want: [1, 2],
  },
  {
    name: 'async',
    version: '3.2.6',
    head: `import async from 'async'`,
    run: `await async.mapLimit([1, 2], 1, async (n) => n * 2)`,
    want: [2, 4],
  },
  {
    name: 'eventemitter3',
    version: '5.0.4',
    head: `import { EventEmitter } from 'eventemitter3'`,
    run: `(() => { const e = new EventEmitter(); let n = 0; e.on('x', (v) => (n += v)); e.emit('x', 3); return n })()`,
    want: 3,
  },
  {
    name: 'xstate',
    version: '5.33.3',
    head: `import { createActor, createMachine } from 'xstate'`,
    run: `(() => {
        const a = createActor(createMachine({ initial: 'off', states: { off: { on: { T: 'on' } }, on: {} } })).start();
        a.send({ type: 'T' });
        return a.getSnapshot().value;
      })()`,
    want: 'on',
  },
  // Times
  {
    name: 'date-fns',
    version: '4.4.0',
    head: `import { addDays, format } from 'date-fns'\nimport { de } from 'date-fns/locale'`,
    run: `format(addDays(new Date(2026, 0, 30), 3), 'd. MMMM yyyy', { locale: de })`,
    want: '2. Februar 2026',
  },
  {
    name: 'dayjs',
    version: '1.11.23',
    head: `import dayjs from 'dayjs'\nimport utc from 'dayjs/plugin/utc'\ndayjs.extend(utc)`,
    run: `dayjs.utc('2026-01-30').add(1, 'month').format('YYYY-MM-DD')`,
    want: '2026-02-28',
  },
  {
    name: 'luxon',
    version: '3.7.2',
    head: `import { DateTime } from 'luxon'`,
    run: `DateTime.fromISO('2026-03-29T00:30', { zone: 'Europe/Berlin' }).plus({ hours: 2 }).toISO()`,
    want: '2026-03-29T03:30:00.000+02:00',
  },
  {
    name: 'moment',
    version: '2.31.0',
    head: `import moment from 'moment'`,
    run: `moment.utc('2026-01-30').add(1, 'month').format('YYYY-MM-DD')`,
    want: '2026-02-28',
  },
  {
    name: 'ms',
    version: '2.1.3',
    head: `import ms from 'ms'`,
    run: `[ms('2 days'), ms(60000)]`,
    want: [172800000, '1m'],
  },
  {
    name: 'rrule',
    version: '2.8.1',
    head: `import { RRule } from 'rrule'`,
    run: `new RRule({ freq: RRule.DAILY, count: 2, dtstart: new Date(0) }).all().length`,
    want: 2,
  },
  // Numbers
  {
    name: 'mathjs',
    version: '15.2.0',
    head: `import { create, all } from 'mathjs'\nconst math = create(all)`,
    run: `[math.evaluate('2 * (3 + 4)'), String(math.evaluate('12.7 cm to inch')), math.det([[1, 2], [3, 4]])]`,
    want: [14, '5 inch', -2],
  },
  {
    name: 'bignumber.js',
    version: '11.1.5',
    head: `import BigNumber from 'bignumber.js'`,
    run: `new BigNumber('0.1').plus('0.2').toString()`,
    want: '0.3',
  },
  {
    name: 'decimal.js',
    version: '10.6.0',
    head: `import Decimal from 'decimal.js'`,
    run: `new Decimal(2).sqrt().toFixed(20)`,
    want: '1.41421356237309504880',
  },
  {
    name: 'big.js',
    version: '7.0.1',
    head: `import Big from 'big.js'`,
    run: `new Big(1).div(3).toFixed(5)`,
    want: '0.33333',
  },
  {
    name: 'currency.js',
    version: '2.0.4',
    head: `import currency from 'currency.js'`,
    run: `currency('1,234.5').add(1).format()`,
    want: '$1,235.50',
  },
  {
    name: 'simple-statistics',
    version: '7.12.1',
    head: `import { mean, standardDeviation } from 'simple-statistics'`,
    run: `[mean([1, 2, 3]), standardDeviation([1, 1])]`,
    want: [2, 0],
  },
  // Ids, hashes and tokens
  {
    name: 'nanoid',
    version: '6.0.2',
    head: `import { nanoid, customAlphabet } from 'nanoid'`,
    run: `[nanoid().length, customAlphabet('ab', 5)().replace(/[ab]/g, 'x')]`,
    want: [21, 'xxxxx'],
  },
  {
    name: 'uuid',
    version: '14.0.3',
    head: `import { v4, v5, validate } from 'uuid'`,
    run: `[validate(v4()), v5('a', v5.URL)]`,
    test: ([ok, five]) => ok === true && /^[0-9a-f-]{36}$/.test(five),
  },
  {
    name: 'ulid',
    version: '3.0.2',
    head: `import { ulid, decodeTime } from 'ulid'`,
    run: `[ulid().length, decodeTime(ulid(1469918176385))]`,
    want: [26, 1469918176385],
  },
  {
    name: '@noble/hashes',
    version: '2.4.0',
    head: `import { sha256 } from '@noble/hashes/sha2.js'\nimport { bytesToHex } from '@noble/hashes/utils.js'`,
    run: `bytesToHex(sha256(new TextEncoder().encode('abc'))).slice(0, 8)`,
    want: 'ba7816bf',
  },
  {
    name: 'crypto-js',
    version: '4.2.0',
    head: `import CryptoJS from 'crypto-js'`,
    run:
      `[CryptoJS.SHA256('abc').toString().slice(0, 8), CryptoJS.AES.decrypt(CryptoJS.AES.encrypt('x', ` +
      `'k').toString(), 'k').toString(CryptoJS.enc.Utf8)]`,
    want: ['ba7816bf', 'x'],
  },
  {
    name: 'bcryptjs',
    version: '3.0.3',
    head: `import bcrypt from 'bcryptjs'`,
    run: `bcrypt.compareSync('x', bcrypt.hashSync('x', 4))`,
    want: true,
  },
  {
    name: 'jsonwebtoken',
    version: '9.0.3',
    head: `import jwt from 'jsonwebtoken'`,
    run: `(() => {
        const t = jwt.sign({ a: 1 }, 'secret-secret-secret', { expiresIn: '1h' });
        const p = jwt.verify(t, 'secret-secret-secret');
        let bad = '';
        try {
          jwt.verify(t, 'other');
        } catch (e) {
          bad = e.message;
        }
        return [p.a, bad];
      })()`,
    want: [1, 'invalid signature'],
    note: 'with secrets (HS256…); for key pairs take jose',
  },
  {
    name: 'jose',
    version: '6.2.18',
    head:
      `import { SignJWT, jwtVerify, generateKeyPair } from 'jose'\nasync function both(alg) { const { privateKey, ` +
      `publicKey } = await generateKeyPair(alg, ${jwk}); const t = await new SignJWT({ a: alg ` +
      '}).setProtectedHeader({ alg }).sign(privateKey); return (await jwtVerify(t, publicKey)).payload.a }',
    run: `[await both('RS256'), await both('ES256')]`,
    want: ['RS256', 'ES256'],
  },
  {
    name: 'standardwebhooks',
    version: '1.1.1',
    head: `import { Webhook } from 'standardwebhooks'`,
    run: `new Webhook('whsec_' + btoa('secretsecretsecretsecret')).sign('m', new Date(0), '{}').slice(0, 3)`,
    want: 'v1,',
  },
  {
    name: 'otpauth',
    version: '9.5.2',
    head: `import * as OTPAuth from 'otpauth'`,
    run: `new OTPAuth.TOTP({ secret: 'JBSWY3DPEHPK3PXP' }).generate({ timestamp: 0 })`,
    want: '282760',
  },
  {
    name: 'tweetnacl',
    version: '1.0.3',
    head: `import nacl from 'tweetnacl'`,
    run: `(() => {
        const k = nacl.sign.keyPair();
        const m = new Uint8Array([1]);
        return nacl.sign.detached.verify(m, nacl.sign.detached(m, k.secretKey), k.publicKey);
      })()`,
    want: true,
  },
  // Checking
  {
    name: 'zod',
    version: '4.6.7',
    head: `import { z } from 'zod'`,
    run: `[z.object({ a: z.coerce.number() }).parse({ a: '1' }), z.string().email().safeParse('x').success]`,
    want: [{ a: 1 }, false],
  },
  {
    name: 'ajv',
    version: '8.20.0',
    head: `import Ajv from 'ajv'\nimport formats from 'ajv-formats'\nconst ajv = new Ajv()\nformats(ajv)`,
    with: ['ajv-formats@3.0.1'],
    run: `ajv.validate({ type: 'string', format: 'email' }, 'a@b.de')`,
    want: true,
  },
  {
    name: 'joi',
    version: '18.3.2',
    head: `import Joi from 'joi'`,
    run: `Joi.object({ a: Joi.number() }).validate({ a: '2' }).value`,
    want: { a: 2 },
  },
  {
    name: 'yup',
    version: '1.7.1',
    head: `import * as yup from 'yup'`,
    run: `await yup.object({ a: yup.number().required() }).validate({ a: '3' })`,
    want: { a: 3 },
  },
  {
    name: 'valibot',
    version: '1.5.0',
    head: `import * as v from 'valibot'`,
    run: `v.parse(v.object({ a: v.pipe(v.string(), v.email()) }), { a: 'a@b.de' })`,
    want: { a: 'a@b.de' },
  },
  {
    name: 'superstruct',
    version: '2.0.2',
    head: `import { is, object, string } from 'superstruct'`,
    run: `is({ a: 'x' }, object({ a: string() }))`,
    want: true,
  },
  {
    name: '@sinclair/typebox',
    version: '0.34.52',
    head: `import { Type } from '@sinclair/typebox'\nimport { Value } from '@sinclair/typebox/value'`,
    run: `Value.Check(Type.Object({ a: Type.Number() }), { a: 1 })`,
    want: true,
  },
  {
    name: 'validator',
    version: '13.15.35',
    head: `import validator from 'validator'`,
    run: `[validator.isEmail('a@b.de'), validator.isIBAN('DE89370400440532013000')]`,
    want: [true, true],
  },
  {
    name: 'libphonenumber-js',
    version: '1.13.16',
    head: `import parse from 'libphonenumber-js'`,
    run: `parse('030 1234567', 'DE').format('E.164')`,
    want: '+49301234567',
  },
  {
    name: 'semver',
    version: '7.8.6',
    head: `import semver from 'semver'`,
    run: `[semver.satisfies('1.2.3', '^1.0.0'), semver.inc('1.2.3', 'minor')]`,
    want: [true, '1.3.0'],
  },
  // Texts and formats
  {
    name: 'yaml',
    version: '2.9.1',
    head: `import { parse, stringify } from 'yaml'`,
    run: `[parse('a: [1, x]'), stringify({ b: true })]`,
    want: [{ a: [1, 'x'] }, 'b: true\n'],
  },
  { name: 'js-yaml', version: '5.5.0', head: `import { load } from 'js-yaml'`, run: `load('a: 1')`, want: { a: 1 } },
  { name: 'toml', version: '5.0.1', head: `import toml from 'toml'`, run: `toml.parse('a = 1')`, want: { a: 1 } },
  {
    name: 'ini',
    version: '7.0.0',
    head: `import ini from 'ini'`,
    run: `ini.parse('[a]\\nb=1')`,
    want: { a: { b: '1' } },
  },
  { name: 'json5', version: '2.2.3', head: `import JSON5 from 'json5'`, run: `JSON5.parse("{a: 1,}")`, want: { a: 1 } },
  {
    name: 'csv-parse',
    version: '7.0.3',
    head: `import { parse } from 'csv-parse/sync'`,
    run: `parse('a,b\\n1,"2,3"', { columns: true })`,
    want: [{ a: '1', b: '2,3' }],
  },
  {
    name: 'csv-stringify',
    version: '6.9.0',
    head: `import { stringify } from 'csv-stringify/sync'`,
    run: `stringify([{ a: 1, b: 'x,y' }], { header: true })`,
    want: 'a,b\n1,"x,y"\n',
  },
  {
    name: 'papaparse',
    version: '5.7.1',
    head: `import Papa from 'papaparse'`,
    run: `Papa.parse('a,b\\n1,2', { header: true }).data`,
    want: [{ a: '1', b: '2' }],
  },
  {
    name: 'xml2js',
    version: '0.6.2',
    head: `import { parseStringPromise, Builder } from 'xml2js'`,
    run: `[await parseStringPromise('<a b="1"><c>x</c></a>'), new Builder({ headless: true }).buildObject({ a: 1 })]`,
    want: [{ a: { $: { b: '1' }, c: ['x'] } }, '<a>1</a>'],
  },
  {
    name: 'fast-xml-parser',
    version: '5.12.1',
    head: `import { XMLParser } from 'fast-xml-parser'`,
    run: `new XMLParser().parse('<a><b>1</b></a>')`,
    want: { a: { b: 1 } },
  },
  {
    name: '@xmldom/xmldom',
    version: '0.9.12',
    head: `import { DOMParser } from '@xmldom/xmldom'`,
    run: `new DOMParser().parseFromString('<a>x</a>', 'text/xml').documentElement.textContent`,
    want: 'x',
  },
  {
    name: 'cheerio',
    version: '1.2.0',
    head: `import * as cheerio from 'cheerio'`,
    run: `cheerio.load('<ul><li>a</li><li>b</li></ul>')('li').map((_, e) => e.children[0].data).get()`,
    want: ['a', 'b'],
  },
  {
    name: 'htmlparser2',
    version: '12.0.0',
    head: `import { parseDocument } from 'htmlparser2'`,
    run: `parseDocument('<p>x</p>').children[0].name`,
    want: 'p',
  },
  {
    name: 'sanitize-html',
    version: '2.18.1',
    head: `import sanitize from 'sanitize-html'`,
    run: `sanitize('<b onclick=x>a</b><script>1</script>')`,
    want: '<b>a</b>',
  },
  {
    name: 'html-to-text',
    version: '10.0.1',
    head: `import { convert } from 'html-to-text'`,
    run: `convert('<h1>Hi</h1><p>you</p>')`,
    want: 'HI\n\nyou',
  },
  {
    name: 'turndown',
    version: '7.2.5',
    head: `import Turndown from 'turndown'`,
    run: `new Turndown().turndown('<b>x</b>')`,
    fails: 'document is not defined',
    note: 'its build for browsers needs a document',
  },
  {
    name: 'marked',
    version: '18.2.1',
    head: `import { marked } from 'marked'`,
    run: `marked.parse('# a')`,
    want: '<h1>a</h1>\n',
  },
  {
    name: 'markdown-it',
    version: '15.0.3',
    head: `import MarkdownIt from 'markdown-it'`,
    run: `new MarkdownIt().render('*a*')`,
    want: '<p><em>a</em></p>\n',
  },
  {
    name: 'handlebars',
    version: '4.7.10',
    head: `import Handlebars from 'handlebars'`,
    run: `Handlebars.compile('Hi {{name}}')({ name: 'A' })`,
    want: 'Hi A',
  },
  {
    name: 'mustache',
    version: '4.2.0',
    head: `import Mustache from 'mustache'`,
    run: `Mustache.render('Hi {{name}}', { name: 'A' })`,
    want: 'Hi A',
  },
  {
    name: 'ejs',
    version: '7.0.2',
    head: `import ejs from 'ejs'`,
    run: `ejs.render('Hi <%= name %>', { name: 'A' })`,
    want: 'Hi A',
  },
  {
    name: 'eta',
    version: '4.6.0',
    head: `import { Eta } from 'eta'`,
    run: `new Eta().renderString('Hi <%= it.name %>', { name: 'A' })`,
    want: 'Hi A',
  },
  {
    name: 'liquidjs',
    version: '10.30.1',
    head: `import { Liquid } from 'liquidjs'`,
    run: `await new Liquid().parseAndRender('Hi {{ name | upcase }}', { name: 'a' })`,
    want: 'Hi A',
  },
  {
    name: 'nunjucks',
    version: '3.2.4',
    head: `import nunjucks from 'nunjucks'`,
    run: `nunjucks.renderString('Hi {{ name }}', { name: 'A' })`,
    want: 'Hi A',
  },
  {
    name: 'preact',
    version: '11.2.0',
    head: `import { h } from 'preact'\nimport { renderToString } from 'preact-render-to-string'`,
    with: ['preact-render-to-string@6.8.2'],
    run: `renderToString(h('p', null, 'x'))`,
    want: '<p>x</p>',
  },
  {
    name: 'react',
    version: '19.3.1',
    head: `import { createElement } from 'react'\nimport { renderToStaticMarkup } from 'react-dom/server'`,
    with: ['react-dom@19.3.1'],
    run: `renderToStaticMarkup(createElement('p', null, 'x'))`,
    want: '<p>x</p>',
  },
  {
    name: 'slugify',
    version: '1.6.9',
    head: `import slugify from 'slugify'`,
    run: `slugify('Ä b!', { lower: true, strict: true })`,
    want: 'a-b',
  },
  {
    name: 'change-case',
    version: '5.4.4',
    head: `import { kebabCase } from 'change-case'`,
    run: `kebabCase('aB c')`,
    want: 'a-b-c',
  },
  {
    name: 'fuse.js',
    version: '7.5.0',
    head: `import Fuse from 'fuse.js'`,
    run: `new Fuse(['apple', 'pear'], {}).search('aple')[0].item`,
    want: 'apple',
  },
  {
    name: 'diff',
    version: '9.0.0',
    head: `import { createTwoFilesPatch } from 'diff'`,
    run: `createTwoFilesPatch('a', 'b', '1\\n', '2\\n').includes('+2')`,
    want: true,
  },
  {
    name: 'i18next',
    version: '27.1.5',
    head: `import i18next from 'i18next'`,
    run: `(await i18next.init({ lng: 'de', resources: { de: { translation: { hi: 'Hallo {{n}}' } } } }))(
      'hi', { n: 'A' })`,
    want: 'Hallo A',
  },
  {
    name: 'iconv-lite',
    version: '0.7.3',
    head: `import iconv from 'iconv-lite'`,
    run: `[iconv.decode(iconv.encode('ä€', 'win1252'), 'win1252'), iconv.encode('ä', 'latin1').length]`,
    want: ['ä€', 1],
  },
  {
    name: 'qs',
    version: '6.17.1',
    head: `import qs from 'qs'`,
    run: `[qs.parse('a[b]=1'), qs.stringify({ a: [1, 2] }, { encode: false })]`,
    want: [{ a: { b: '1' } }, 'a[0]=1&a[1]=2'],
  },
  {
    name: 'path-to-regexp',
    version: '9.0.0',
    head: `import { match } from 'path-to-regexp'`,
    run: `match('/a/:id')('/a/7').params.id`,
    want: '7',
  },
  {
    name: 'minimatch',
    version: '11.0.9',
    head: `import { minimatch } from 'minimatch'`,
    run: `minimatch('a/b.ts', '**/*.ts')`,
    want: true,
  },
  {
    name: 'mime-types',
    version: '3.0.2',
    head: `import mime from 'mime-types'`,
    run: `[mime.lookup('a.png'), mime.extension('text/html')]`,
    want: ['image/png', 'html'],
  },
  {
    name: 'graphql',
    version: '17.1.0',
    head: `import { buildSchema, graphql } from 'graphql'`,
    run: `(await graphql({
      schema: buildSchema('type Query { a: Int }'), source: '{ a }', rootValue: { a: 1 },
    })).data.a`,
    want: 1,
  },
  // Files
  {
    name: 'pdf-lib',
    version: '1.17.1',
    head: `import { PDFDocument, StandardFonts } from 'pdf-lib'`,
    run: `await (async () => {
        const d = await PDFDocument.create();
        const f = await d.embedFont(StandardFonts.Helvetica);
        d.addPage().drawText('x', { font: f });
        const b = await d.save();
        return [new TextDecoder().decode(b.slice(0, 5)), (await PDFDocument.load(b)).getPageCount()];
      })()`,
    want: ['%PDF-', 1],
  },
  {
    name: 'qrcode',
    version: '1.5.4',
    head: `import QRCode from 'qrcode'`,
    run: `(await QRCode.toString('hi', { type: 'svg' })).slice(0, 4)`,
    want: '<svg',
  },
  {
    name: 'jszip',
    version: '3.10.2',
    head: `import JSZip from 'jszip'`,
    run: `await (async () => {
        const z = new JSZip();
        z.file('a.txt', 'x');
        return (await JSZip.loadAsync(await z.generateAsync({ type: 'uint8array' }))).file('a.txt').async('string');
      })()`,
    want: 'x',
  },
  {
    name: 'fflate',
    version: '0.8.3',
    head: `import { gzipSync, gunzipSync, strFromU8, strToU8 } from 'fflate'`,
    run: `strFromU8(gunzipSync(gzipSync(strToU8('x'))))`,
    want: 'x',
  },
  {
    name: 'pako',
    version: '3.0.3',
    head: `import * as pako from 'pako'`,
    run: `new TextDecoder().decode(pako.inflate(pako.deflate(new TextEncoder().encode('x'))))`,
    want: 'x',
  },
  {
    name: 'exceljs',
    version: '4.4.0',
    head: `import ExcelJS from 'exceljs'`,
    run: `await (async () => {
        const w = new ExcelJS.Workbook();
        w.addWorksheet('s').addRow([1]);
        const b = await w.xlsx.writeBuffer();
        const r = new ExcelJS.Workbook();
        await r.xlsx.load(b);
        return r.getWorksheet('s').getCell('A1').value;
      })()`,
    want: 1,
  },
  {
    name: 'ical-generator',
    version: '11.1.2',
    head: `import ical from 'ical-generator'`,
    run: `ical({ name: 'a' }).toString().startsWith('BEGIN:VCALENDAR')`,
    want: true,
  },
  // Services
  {
    name: 'axios',
    version: '1.21.1',
    head: `import axios from 'axios'`,
    run: `(await axios.get('https://api.example/x', { params: { q: 1 } })).data`,
    http: true,
    want: { url: 'https://api.example/x?q=1', method: 'GET' },
    note: 'by its adapter for fetch',
  },
  {
    name: 'ky',
    version: '2.1.0',
    head: `import ky from 'ky'`,
    run: `await ky.post('https://api.example/x', { json: { a: 1 } }).json()`,
    http: true,
    want: { url: 'https://api.example/x', method: 'POST' },
  },
  {
    name: 'ofetch',
    version: '1.5.1',
    head: `import { ofetch } from 'ofetch'`,
    run: `await ofetch('https://api.example/x')`,
    http: true,
    want: { url: 'https://api.example/x', method: 'GET' },
  },
  {
    name: 'openai',
    version: '7.59.0',
    head: `import OpenAI from 'openai'`,
    run: `(await new OpenAI({ apiKey: 'k', baseURL: 'https://api.example/v1' }).models.list()).body ? 'listed' : ''`,
    http: () => ({ object: 'list', data: [] }),
    want: 'listed',
  },
  {
    name: '@anthropic-ai/sdk',
    version: '1.14.0',
    head: `import Anthropic from '@anthropic-ai/sdk'`,
    run: `(
        await new Anthropic({ apiKey: 'k', baseURL: 'https://api.example' }).messages.create({
          model: 'm',
          max_tokens: 1,
          messages: [{ role: 'user', content: 'hi' }],
        })
      ).content[0].text`,
    http: () => ({ type: 'message', content: [{ type: 'text', text: 'hello' }] }),
    want: 'hello',
  },
  {
    name: 'stripe',
    version: '23.1.0',
    head: `import Stripe from 'stripe'`,
    run: `[
        (
          await new Stripe('sk_test_x', {
            host: 'api.example',
            httpClient: Stripe.createFetchHttpClient(),
          }).customers.create({ email: 'a@b.de' })
        ).id,
        (
          await new Stripe('k').webhooks.generateTestHeaderStringAsync({ payload: '{}', secret: 's', timestamp: 1 })
        ).slice(0, 4),
      ]`,
    http: () => ({ id: 'cus_1' }),
    want: ['cus_1', 't=1,'],
    note: 'with `Stripe.createFetchHttpClient()`, and the `…Async` functions for webhooks',
  },
  {
    name: '@slack/web-api',
    version: '8.2.0',
    head: `import { WebClient } from '@slack/web-api'`,
    run: `(
        await new WebClient('xoxb-1', { slackApiUrl: 'https://api.example/' }).chat.postMessage({
          channel: 'c',
          text: 't',
        })
      ).ts`,
    http: () => ({ ok: true, ts: '1.2' }),
    want: '1.2',
    note: 'uploads from a path fail when they are called',
  },
  {
    name: '@octokit/rest',
    version: '22.0.1',
    head: `import { Octokit } from '@octokit/rest'`,
    run: `(await new Octokit({ baseUrl: 'https://api.example' }).repos.get({ owner: 'a', repo: 'b' })).data.url`,
    http: true,
    want: 'https://api.example/repos/a/b',
  },
  {
    name: '@supabase/supabase-js',
    version: '2.119.1',
    head: `import { createClient } from '@supabase/supabase-js'`,
    run: `(
        await createClient('https://api.example', 'k', { realtime: { transport: class {} } })
          .from('t')
          .select()
      ).data.method`,
    http: true,
    want: 'GET',
    note: 'there is no WebSocket: give `realtime.transport` a class of your own',
  },
  {
    name: '@notionhq/client',
    version: '5.26.0',
    head: `import { Client } from '@notionhq/client'`,
    run: `(await new Client({ auth: 'k', baseUrl: 'https://api.example' }).users.list({})).method`,
    http: true,
    want: 'GET',
  },
  {
    name: 'resend',
    version: '6.38.0',
    head: `import { Resend } from 'resend'`,
    run: `(await new Resend('re_1', { baseUrl: 'https://api.example' }).domains.list()).data.method`,
    http: true,
    test: (value) => value === 'GET',
  },
  {
    name: '@sendgrid/mail',
    version: '8.1.6',
    head: `import sg from '@sendgrid/mail'`,
    run: `await (async () => {
        sg.setApiKey('SG.x');
        const c = sg.client;
        c.setDefaultRequest('baseUrl', 'https://api.example/');
        return (await sg.send({ to: 'a@b.de', from: 'b@c.de', subject: 's', text: 't' }))[0].statusCode;
      })()`,
    http: () => ({}),
    want: 200,
    note: 'attachments from a path fail when they are called',
  },
  // What cannot be
  {
    name: 'ioredis',
    version: '6.0.0',
    head: `import Redis from 'ioredis'`,
    run: `typeof Redis`,
    refused: '"net" is a module of Node',
    note: 'use `ctx.kv`',
  },
  {
    name: 'pg',
    version: '8.23.1',
    head: `import pg from 'pg'`,
    run: `typeof pg.Client`,
    refused: 'is a module of Node',
    note: 'use `ctx.db`',
  },
  {
    name: 'nodemailer',
    version: '10.6.1',
    head: `import nodemailer from 'nodemailer'`,
    run: `typeof nodemailer`,
    refused: 'is a module of Node',
    note: 'use `ctx.email`',
  },
  {
    name: 'express',
    version: '5.3.0',
    head: `import express from 'express'`,
    run: `typeof express`,
    refused: 'is a module of Node',
    note: 'use `route`',
  },
];
