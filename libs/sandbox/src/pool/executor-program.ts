import { join } from 'node:path';
import type { ExecutorFiles } from './executor-files.js';
import type { ConfinedProgram } from '../confinement/launch.js';

/**
 * @param optimize V8's optimising compilers: 2–3 times faster loops, and most of the V8 bugs that were ever exploited.
 */
export function executorProgram(files: ExecutorFiles, { optimize }: { optimize: boolean }): ConfinedProgram {
  if (files.python !== undefined) return pythonProgram(files, files.python);
  return {
    node: files.node,
    file: join(files.folder, 'executor.mjs'),
    args: [files.addon],
    // What it reports about itself is read there, before it gives up the right to read anything.
    readable: [files.folder, files.addon, ...(process.platform === 'linux' ? ['/proc'] : [])],
    needsAddons: true,
    // An optimising compiler on a thread of its own makes V8 forget, now and then, that an isolate is to end.
    flags: ['--no-node-snapshot', optimize ? '--no-concurrent-recompilation' : '--disable-optimizing-compilers'],
  };
}

/**
 * Without the optimising compilers of JavaScript. That of WebAssembly stays: it runs the interpreter, whose code is
 * ours, and nothing else is ever compiled with it. A deep recursion of Python's needs more stack than V8's default.
 */
const pythonFlags = ['--no-turbofan', '--no-maglev', '--stack-size=3900'];

function pythonProgram(files: ExecutorFiles, python: string): ConfinedProgram {
  return {
    node: files.node,
    file: join(files.folder, 'executor.mjs'),
    args: [files.addon, python],
    readable: [files.folder, python, files.addon, ...(process.platform === 'linux' ? ['/proc'] : [])],
    needsAddons: true,
    flags: ['--no-node-snapshot', ...pythonFlags],
  };
}
