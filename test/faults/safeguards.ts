import { describe, expect, it } from 'vitest';
import type { BedOptions } from './bed.js';
import { play, scenarios } from './scenarios.js';

/** Nothing has moved for so long, in milliseconds: what is open then is lost. A mutant is given less, since it can only wait in vain. */
const annexMs = 90_000;
const mutantMs = { noSocketTimeout: 40_000, other: 12_000 };

/** The specs of one backend; they run beside each other, since most of the time they wait. */
export function describeSafeguards(backend: BedOptions['backend']): void {
  describe.concurrent(`with the queue on ${backend}`, () => {
    for (const scenario of scenarios.filter(({ backends }) => backends.includes(backend))) {
      it(
        `${scenario.name}; the mutant ${scenario.mutant} does not`,
        async () => {
          const found = await play(scenario, backend, { annexMs, mutantMs: scenario.mutant === 'noSocketTimeout' ? mutantMs.noSocketTimeout : mutantMs.other });
          expect(found.annex).toEqual([]);
          expect(found.mutant).not.toEqual([]);
        },
        900_000,
      );
    }
  });
}
