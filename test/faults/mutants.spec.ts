import { expect, it } from 'vitest';
import { mutants, tempos, untested } from './mutants.js';
import { requirePatches } from './patches.js';

it.each(Object.entries({ ...mutants, ...tempos, untested }))('%s finds what it replaces', (_, patches) => {
  expect(() => requirePatches(patches)).not.toThrow();
});

it('a mutant that finds nothing says at once which pattern of which file is not there', () => {
  const gone = { module: '/libs/queue/dist/create-queue.js', from: 'no such text', to: '' };
  expect(() => requirePatches([...untested, gone])).toThrow(
    'nothing like /no such text/ in libs/queue/dist/create-queue.js: test/faults/mutants.ts has to follow the code',
  );
  expect(() => requirePatches([{ ...gone, module: '/libs/queue/dist/no-such-file.js' }])).toThrow(
    'libs/queue/dist/no-such-file.js',
  );
});
