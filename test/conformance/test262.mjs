// Runs a sample of test262 inside the sandbox and beside it in a bare realm of the same V8: what the bare realm can do,
// plugin code can do too, but for what was taken away on purpose. TEST262_DIR=<checkout> node
// test/conformance/test262.mjs [every nth test, 16] [part of a path …] Exits with 1 when a test is lost that
// `takenAway` does not explain. Nothing of the suite is kept here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { startRunner } from './in-sandbox.mjs';

const root = process.env.TEST262_DIR;
if (!root || !existsSync(join(root, 'harness/assert.js'))) {
  console.error('Set TEST262_DIR to a checkout of test262 (https://github.com/tc39/test262).');
  process.exit(2);
}
const nth = Number(process.argv[2] ?? 16);
const asked = process.argv.slice(3);

/** What plugin code does not have (libs/sandbox/src/prelude/removals.ts), by the features that test262 names. */
const takenAway = new Set([
  'SharedArrayBuffer',
  'Atomics',
  'Atomics.waitAsync',
  'Atomics.pause',
  'resizable-arraybuffer',
  'immutable-arraybuffer',
  'dynamic-import',
  'import-defer',
  'source-phase-imports',
  'import.meta',
]);
/** Tests that look at what was taken away without naming it, each with the reason. */
const lostOnPurpose = [
  [/built-ins\/ArrayBuffer\//, 'ArrayBuffer is made anew without its options, and its methods for resizing are gone'],
  [/prepareStackTrace/, 'stack traces are made by V8 alone'],
];

function* walk(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(path);
    else if (path.endsWith('.js') && !path.endsWith('_FIXTURE.js')) yield path;
  }
}

const list = (text, key) =>
  (new RegExp(`^\\s*${key}:\\s*\\[([^\\]]*)\\]`, 'm').exec(text)?.[1] ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

function readTest(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const meta = /\/\*---([\s\S]*?)---\*\//.exec(text)?.[1] ?? '';
  const flags = list(meta, 'flags');
  const features = [...list(meta, 'features'), ...[...meta.matchAll(/^ {2}- ([\w.-]+)$/gm)].map(([, word]) => word)];
  const negative = /negative:\s*\n\s+phase:\s*(\w+)\s*\n\s+type:\s*(\w+)/.exec(meta);
  const isAsync = flags.includes('async');
  const includes = [
    'assert.js',
    'sta.js',
    ...(isAsync ? ['doneprintHandle.js'] : []),
    ...list(meta, 'includes'),
    ...[...meta.matchAll(/^ {2}- ([\w.-]+\.js)$/gm)].map(([, name]) => name),
  ];
  const harness = flags.includes('raw')
    ? ''
    : [...new Set(includes)].map((name) => readFileSync(join(root, 'harness', name), 'utf8')).join('\n');
  return {
    path,
    flags,
    features,
    isAsync,
    harness,
    code: flags.includes('onlyStrict') ? `"use strict";\n${text}` : text,
    expected: negative?.[2] ?? null,
  };
}

// The same function in both realms: `null` when the test ended well, else the name of what it threw.
const evaluate = `(harness, code, isAsync) =>
    new Promise((resolve) => {
      const then = Promise.prototype.then;
      globalThis.print = (text) => {
        if (text === 'Test262:AsyncTestComplete') resolve(null);
        else if (/^Test262:AsyncTestFailure/.test(text)) resolve(text.slice(0, 300));
      };
      globalThis.$262 = {
        global: globalThis,
        gc() {},
        evalScript: (text) => (0, eval)(text),
        detachArrayBuffer: (buffer) => void buffer.transfer(),
      };
      try {
        (0, eval)(harness);
        (0, eval)(code);
        if (!isAsync) resolve(null);
      } catch (error) {
        let text = 'something';
        try {
          text = error.constructor.name + ': ' + String(error.message).slice(0, 200);
        } catch {}
        resolve(text);
      }
    });`;

// Tests leave rejected promises behind, which in the bare realm are this program's.
process.on('unhandledRejection', () => undefined);

async function inBareRealm({ harness, code, isAsync }) {
  const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
  try {
    const answer = vm.runInContext(
      `globalThis.answer = undefined;
        ${evaluate}(${JSON.stringify(harness)}, ${JSON.stringify(code)}, ${isAsync}).then((text) => {
          globalThis.answer = { text };
        });
        globalThis`,
      context,
      { timeout: 10_000 },
    );
    return answer.answer ? answer.answer.text : 'did not end';
  } catch (error) {
    return `${error?.code ?? error}`;
  }
}

const runner = await startRunner({ wallMs: 10_000, cpuMs: 9_000 });
const program = `(function (annexSdk) {
    annexSdk.job('test262', (ctx, { harness, code, isAsync }) => ${evaluate}(harness, code, isAsync));
  })`;
async function inSandbox(test) {
  try {
    return (await runner.run(program, { harness: test.harness, code: test.code, isAsync: test.isAsync })) ?? null;
  } catch (error) {
    return `the run ended: ${error.message}`;
  }
}

const passes = (result, { expected }) =>
  expected === null ? result === null : typeof result === 'string' && result.startsWith(`${expected}:`);
const total = { run: 0, bare: 0, sandbox: 0, lost: 0, explained: 0, skipped: 0 };
let index = 0;

async function one(path) {
  const test = readTest(path);
  if (
    test.flags.some((flag) => ['module', 'CanBlockIsFalse', 'CanBlockIsTrue', 'non-deterministic'].includes(flag)) ||
    /createRealm|\$262\.agent|AbstractModuleSource|IsHTMLDDA/.test(test.code)
  ) {
    total.skipped += 1;
    return;
  }
  const [bare, inside] = [passes(await inBareRealm(test), test), await inSandbox(test)];
  const kept = passes(inside, test);
  total.run += 1;
  total.bare += bare ? 1 : 0;
  total.sandbox += kept ? 1 : 0;
  if (!bare || kept) return;
  if (
    test.features.some((feature) => takenAway.has(feature)) ||
    lostOnPurpose.some(([pattern]) => pattern.test(path)) ||
    /\b(SharedArrayBuffer|Atomics|WebAssembly|maxByteLength|resizable)\b/.test(test.code + inside)
  )
    total.explained += 1;
  else {
    total.lost += 1;
    console.log(`LOST ${path}\n       ${inside}`);
  }
}

const chosen = ['test/language', 'test/built-ins', 'test/intl402', 'test/annexB']
  .flatMap((folder) => [...walk(folder)])
  .filter((path) => (asked.length > 0 ? asked.some((part) => path.includes(part)) : index++ % nth === 0));
const queue = [...chosen];
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) await one(path);
  }),
);
await runner.stop();
const share = (number) => `${((100 * number) / total.run).toFixed(2)} %`;
console.log(
  `${total.run} tests (${total.skipped} left out): bare realm ${share(total.bare)}, sandbox ` +
    `${share(total.sandbox)}; ${total.explained} lost on purpose, ${total.lost} lost`,
);
process.exit(total.lost > 0 ? 1 : 0);
