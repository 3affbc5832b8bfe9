// `npm run dev`: builds and starts Annex; on a change under libs/, apps/ or migrations/ builds again and restarts it.
// While
// the build fails the running one stays. Stacks show lines of the sources.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** A save often comes as several changes. */
const quietMs = 100;
let child;
let timer;
let isBuilding = false;
let isStale = false;
let isEnding = false;
/** SQL is not built, and read at a start only. */
let hasNewSql = false;

function start() {
  const started = spawn(process.execPath, ['--enable-source-maps', join(root, 'apps/annex/dist/main.js')], {
    stdio: 'inherit',
  });
  child = started;
  started.once('exit', (code, signal) => {
    if (child !== started) return;
    child = undefined;
    if (isEnding) process.exit(code ?? 1);
    console.error(`dev: Annex ended (${code ?? signal}); the next change starts it again`);
  });
}

/** Ends the running Annex in order, as Ctrl-C does. */
async function stop() {
  const running = child;
  if (!running) return;
  child = undefined;
  running.kill('SIGTERM');
  await new Promise((done) => running.once('exit', done));
}

async function rebuild() {
  if (isBuilding) {
    isStale = true;
    return;
  }
  isBuilding = true;
  try {
    do {
      isStale = false;
      const { compiled, bundled } = await build();
      if (compiled + bundled === 0 && !hasNewSql && child) continue;
      hasNewSql = false;
      if (child) console.error(`dev: built ${compiled} files and ${bundled} bundles; Annex starts again`);
      await stop();
      if (!isEnding) start();
    } while (isStale);
  } catch (error) {
    console.error(
      `dev: the build failed, ${child ? 'the Annex from before goes on' : 'nothing runs'}\n${withoutBacktrace(error)}`,
    );
  } finally {
    isBuilding = false;
  }
}

/** What the compiler says, without where its own code was. */
function withoutBacktrace(error) {
  return String(error.message ?? error).split(/\n+\s*(?:Caused by|Stack backtrace)/)[0];
}

for (const folder of ['libs', 'apps', 'migrations']) {
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (name === null || /(^|\/)dist\/|node_modules|\.(spec|test)\.ts$|~$|\.tmp$/.test(name)) return;
    if (folder === 'migrations') hasNewSql = true;
    clearTimeout(timer);
    timer = setTimeout(rebuild, quietMs);
  });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    isEnding = true;
    // The terminal gives Ctrl-C to Annex as well, and its exit ends this process.
    if (!child) process.exit(0);
    else if (signal !== 'SIGINT') child.kill('SIGTERM');
  });
await rebuild();
