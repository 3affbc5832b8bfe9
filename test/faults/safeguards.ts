import { describe, expect, it } from 'vitest';
import type { BedOptions } from './bed.js';
import { play, scenarios } from './scenarios.js';

/** Nothing has moved for so long, in milliseconds: what is open then is lost. A mutant is given less, since it waits in vain. */
const patienceMs = 90_000;
const mutantPatienceMs = { noSocketTimeout: 40_000 } as const;

/** The specs of one backend; they run beside each other, since most of them wait. */
export function describeSafeguards(backend: BedOptions['backend']): void {
  describe.concurrent(`with the queue on ${backend}`, () => {
    for (const scenario of scenarios) {
      if (!scenario.backends.includes(backend)) continue;
      it(scenario.name, async () => expect(await play(scenario, backend, { asMutant: false, patienceMs })).toEqual([]), 400_000);
      it(
        `goes red without that (${scenario.mutant})`,
        async () => expect(await play(scenario, backend, { asMutant: true, patienceMs: scenario.mutant in mutantPatienceMs ? mutantPatienceMs.noSocketTimeout : 12_000 })).not.toEqual([]),
        400_000,
      );
    }
  });
}
