import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Patch } from './agent.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Throws when one of the patches finds nothing to replace in the program as it is built, before anything waits for it.
 */
export function requirePatches(patches: readonly Patch[]): void {
  const missed = patches.filter(({ module, from }) => !new RegExp(from).test(textOf(module)));
  if (missed.length === 0) return;
  const each = missed.map(({ module, from }) => `nothing like /${from}/ in ${module.slice(1)}`);
  throw new Error(`${each.join('; ')}: test/faults/mutants.ts has to follow the code`);
}

function textOf(module: string): string {
  try {
    return readFileSync(`${root}${module}`, 'utf8');
  } catch {
    return '';
  }
}
