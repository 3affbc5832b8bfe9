// Runs the parts of web-platform-tests that need no DOM, network or workers inside the sandbox.
//   WPT_DIR=<checkout> node test/conformance/wpt.mjs [part of a path …] [--verbose]
// Exits with 1 when a subtest fails that wpt-differences.mjs does not explain. Nothing of the suite is kept here.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { startRunner } from './in-sandbox.mjs';
import { differences, files, leftOut } from './wpt-differences.mjs';

const root = process.env.WPT_DIR;
if (!root || !existsSync(join(root, 'resources/testharness.js'))) {
  console.error('Set WPT_DIR to a checkout of web-platform-tests (https://github.com/web-platform-tests/wpt).');
  process.exit(2);
}
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const verbose = process.argv.includes('--verbose');

function* walk(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  if (statSync(full).isFile()) yield path;
  else for (const name of readdirSync(full).sort()) yield* walk(posix.join(path, name));
}

const isTest = (path) =>
  (/\.any\.js$|(toascii|percent-encoding)\.window\.js$|\.https?\.worker\.js$|\.html$/.test(path) ||
    /\.worker\.js$/.test(path)) &&
  !/-manual|\.tentative|idlharness|\.sub\.|crashtests|\/support\//.test(path);

/** The scripts of a test, in order: what META lines, script elements or importScripts name, then its own. */
function scriptsOf(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const resolve = (name) => (name.startsWith('/') ? name.slice(1) : posix.join(dirname(path), name)).split('?')[0];
  const load = (name) => {
    const file = resolve(name);
    if (/testharness(report)?\.js$/.test(file)) return '';
    if (!existsSync(join(root, file))) throw new Error(`${path} wants ${file}, which is not in the checkout`);
    return readFileSync(join(root, file), 'utf8');
  };
  if (path.endsWith('.html')) {
    return [...text.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].map(([, attributes, body]) => {
      const source = /\bsrc\s*=\s*["']?([^"'\s>]+)/.exec(attributes)?.[1];
      return source ? load(source) : body;
    });
  }
  const metas = [...text.matchAll(/^\/\/ META: script=(.+)$/gm)].map(([, name]) => load(name.trim()));
  const imports = [...text.matchAll(/importScripts\(([^)]*)\)/g)].flatMap(([, list]) =>
    [...list.matchAll(/["']([^"']+)["']/g)].map(([, name]) => load(name)),
  );
  return [...metas, ...imports, text.replaceAll(/importScripts\([^)]*\);?/g, '')];
}

/** Answers the requests of a test: files of the checkout, as a static server would; nothing that a server computes. */
function serve({ method, args }) {
  const url = method === 'http.request' ? URL.parse(JSON.parse(args)[0].url) : null;
  const file = url?.host === 'web-platform.test' ? join(root, decodeURIComponent(url.pathname)) : '';
  if (!/\.(json|txt|html|js)$/.test(file) || !existsSync(file))
    return { ok: false, code: 'EGRESS_CONNECT', message: 'there is no network here' };
  const body = { encoding: 'utf8', data: readFileSync(file, 'utf8') };
  const type = file.endsWith('.json') ? 'application/json' : 'text/plain';
  return { ok: true, value: JSON.stringify({ status: 200, headers: [['content-type', type]], url: url.href, body }) };
}

const harness = readFileSync(join(root, 'resources/testharness.js'), 'utf8');
// The suite is written as global code: all scripts of a test run in one evaluation, so that their constants see each
// other.
const program = `(function (annexSdk) {
    annexSdk.job(
      'wpt',
      (ctx, { harness, code, path }) =>
        new Promise((resolve, reject) => {
          // A plugin has no address of its own, so relative URLs mean nothing to it; the suite is for a page that has
          // one.
          const base = 'https://web-platform.test/' + path;
          const absolute = (input) => (typeof input === 'string' ? new URL(input, base).href : input);
          const [fetch, Request] = [globalThis.fetch, globalThis.Request];
          globalThis.fetch = (input, init) => {
            try {
              return fetch(absolute(input), init);
            } catch (error) {
              return Promise.reject(error);
            }
          };
          globalThis.Request = new Proxy(Request, {
            construct: (target, [input, ...rest], newTarget) =>
              Reflect.construct(
                target,
                [absolute(input), ...rest],
                newTarget === globalThis.Request ? target : newTarget,
              ),
          });
          const { redirect } = Response;
          globalThis.Response.redirect = (input, ...rest) => redirect(absolute(input), ...rest);
          globalThis.conformancePage = () =>
            Object.assign(globalThis, {
              window: globalThis,
              location: {
                href: base,
                origin: 'https://web-platform.test',
                protocol: 'https:',
                host: 'web-platform.test',
                search: '',
                toString: () => base,
              },
              navigator: { platform: 'Linux' },
              GLOBAL: { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false },
            });
          globalThis.conformanceDone = (tests, status) =>
            resolve({
              status: status.status,
              message: status.message,
              tests: tests.map(({ name, status, message }) => ({
                name,
                status,
                message: message === null || message === undefined ? '' : String(message).slice(0, 300),
              })),
            });
          try {
            (0, eval)(harness);
            (0, eval)('conformancePage(); add_completion_callback(conformanceDone);');
            (0, eval)(code);
          } catch (error) {
            reject(error);
          }
        }),
    );
  });`;

const runner = await startRunner();
const wanted = files
  .flatMap((path) => [...walk(path)])
  .filter(
    (path) =>
      isTest(path) &&
      !leftOut.some(([pattern]) => pattern.test(path)) &&
      (asked.length === 0 || asked.some((part) => path.includes(part))),
  );
const total = { files: 0, passed: 0, explained: 0, unexplained: 0 };
const used = new Set();

/** What no plugin has: the test wants a document, a window, a worker, shared memory, a server's answer. */
const elsewhere =
  /\b(document|XMLHttpRequest|FileReader|MessageChannel|MessagePort|Worker|WebAssembly|SharedArrayBuffer|FileList|ImageData|ImageBitmap|HTML\w+|UIEvent|\w+Event|EventWatcher|caches|trigger|Document|Node|Element|Window|DOMParser|test_driver|ServiceWorker\w*|with_iframe|on_event) is not defined|document\.|there is no network here|reading 'body'|createObjectURL is not a function|performance\.\w+ is not|reading 'toJSON'|initEvent'|reading 'cancelable'|which is not in the checkout|self\.addEventListener|addEventListener is not a function|window\.\w+ is not a function/;

function explain(path, { name, message }) {
  if (elsewhere.test(message)) return { reason: 'wants what no plugin has' };
  const index = differences.findIndex(({ file, test }) => file.test(path) && (test === undefined || test.test(name)));
  if (index >= 0) used.add(index);
  return index < 0 ? undefined : differences[index];
}

for (const path of new Set(wanted)) {
  total.files += 1;
  let tests;
  try {
    const scripts = scriptsOf(path);
    const strict = /^(\/\/.*\n|\s)*['"]use strict['"]/.test(scripts.at(-1)) ? '"use strict"' : '';
    const code = [strict, ...scripts, 'Promise.resolve().then(() => done());'].join('\n;\n');
    const answer = await runner.run(program, { harness, code, path }, serve);
    tests = answer.tests;
    if (answer.status !== 0)
      tests.push({ name: '(the whole file)', status: 1, message: `${answer.status} ${answer.message ?? ''}` });
    if (tests.length === 0) tests.push({ name: '(the whole file)', status: 1, message: 'ran no subtest' });
  } catch (error) {
    tests = [{ name: '(the whole file)', status: 1, message: error.message }];
  }
  const failed = tests.filter(({ status }) => status !== 0);
  const open = failed.filter((one) => explain(path, one) === undefined);
  total.passed += tests.length - failed.length;
  total.explained += failed.length - open.length;
  total.unexplained += open.length;
  if (verbose || open.length > 0)
    console.log(`${open.length > 0 ? 'FAIL' : 'ok  '} ${path}: ${tests.length - failed.length} of ${tests.length}`);
  for (const { name, message } of open.slice(0, verbose ? 1000 : 12))
    console.log(`       ${name}\n         ${message}`);
}
await runner.stop();
if (asked.length === 0) {
  differences.forEach(({ file, test }, index) => {
    if (!used.has(index)) console.log(`not seen any more: ${file} ${test ?? ''}`);
  });
}
console.log(
  `${total.files} files: ${total.passed} subtests passed, ${total.explained} differ on purpose, ` +
    `${total.unexplained} fail`,
);
process.exit(total.unexplained > 0 ? 1 : 0);
