// npm run bench [-- options]: what a plugin call costs, next to its peers, in one run on one machine. All of them run
// side by side and are loaded in turns, so that whatever else the machine does, it does to each. Prints rates, and
// microseconds of processor time a request by process, which hold on a busy machine too. Asserts nothing.
//
//   --seconds <n>    of each turn, default 3          --rounds <n>    turns of each, default 4
//   --against <rev>  another commit, built beside this one and loaded in the same turns
//   --json <file>    the figures, for comparing runs
//   --quick          only the table of calls, without cold starts, memory, sandbox, dispatch and console
//   --scale          only the plans of hot statements over 2 million runs and 10,000 tenants (scale.mjs)
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildRevision } from './against.mjs';
import { coldCalls, memoryFigures, startAnnex } from './annex.mjs';
import { startNest, startWorkerd } from './peers.mjs';
import { printComparison, printTable } from './report.mjs';
import { measure, settle } from './turns.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '4' },
    against: { type: 'string' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
  },
});
const [seconds, rounds] = [Number(options.seconds), Number(options.rounds)];

/** Programs that stand side by side, and what each is asked. */
async function startAll(workspace, other) {
  const started = [];
  try {
    started.push(await startNest(), await startWorkerd(workspace));
    started.push(await startAnnex({ tree: root, workspace, name: 'Annex' }));
    if (other) started.push(await startAnnex({ tree: other.tree, workspace, name: `Annex at ${other.name}` }));
    return started;
  } catch (error) {
    await Promise.all(started.map(({ stop }) => stop()));
    throw error;
  }
}

const run = (script, ...args) => execFileSync(process.execPath, [join(here, script), ...args], { stdio: 'inherit' });

async function benchCalls(workspace) {
  const other = options.against === undefined ? undefined : buildRevision(root, options.against);
  const programs = await startAll(workspace, other);
  try {
    const figures = await measure(programs, { seconds, rounds });
    printTable(figures);
    if (other) printComparison(figures, 'Annex', `Annex at ${other.name}`);
    const annex = programs.find(({ name }) => name === 'Annex');
    if (options.quick || !annex) return { calls: figures };
    await Promise.all(programs.filter((program) => program !== annex).map(({ stop }) => stop()));
    await settle();
    const cold = await coldCalls(annex);
    console.log(
      `\ncold first call of a tenant, a blank executor ready: p50 ${cold.p50.toFixed(1)} ms, p99 ` +
        `${cold.p99.toFixed(1)} ms`,
    );
    const memory = await memoryFigures(annex);
    console.log(
      `executor ${memory.executorMb.toFixed(0)} MB resident, one more warm plugin ${memory.pluginMb.toFixed(2)} MB`,
    );
    return { calls: figures, cold, memory };
  } finally {
    await Promise.all(programs.map(({ stop }) => stop()));
    other?.remove();
  }
}

if (options.scale) run('scale.mjs');
else {
  const workspace = mkdtempSync(join(tmpdir(), 'annex-bench-'));
  chmodSync(workspace, 0o755);
  try {
    const machine = {
      processors: cpus().length,
      model: cpus()[0]?.model.trim(),
      memoryGib: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
    console.log(
      `${machine.processors} × ${machine.model}, ${machine.memoryGib} GiB, Node ${machine.node}, 16 connections, ` +
        `${rounds} turns of ${seconds} s, load from the same machine\n`,
    );
    const figures = await benchCalls(workspace);
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ machine, seconds, rounds, ...figures }, null, 2)}\n`);
    if (!options.quick) {
      console.log('\nwritten down');
      run('records.mjs', '15000');
      console.log('\nthe sandbox alone');
      run('sandbox.mjs');
      console.log('\nPython beside TypeScript');
      run('python.mjs');
      console.log('\nbackground runs');
      run('dispatch.mjs');
      console.log('\nthe console in a browser');
      run('console.mjs');
    }
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}
