/**
 * Each safeguard against the one fault it is there for: Annex stays clean, and the mutant without it goes red. Side by
 * side: most of the time they wait.
 */
import { describe, expect, it } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { play, scenarios } from './scenarios.js';
import { rounds } from './settings.js';

/**
 * Nothing has moved for so long, in milliseconds: what is open then is lost. A mutant is given less, since it can only
 * wait in vain.
 */
const annexMs = 90_000;
const mutantMs = { noSocketTimeout: 40_000, other: 12_000 };

for (const backend of ['postgres', 'redis'] as const) {
  const suite = backend === 'redis' && mayLeaveOutRedis ? describe.skip : describe.concurrent;
  suite(`with the queue on ${backend}`, () => {
    for (const scenario of scenarios.filter(({ backends }) =>
      rounds === 1 ? backends[0] === backend : backends.includes(backend),
    )) {
      it(`${scenario.name}; the mutant ${scenario.mutant} does not`, async () => {
        const found = await play(scenario, backend, {
          annexMs,
          mutantMs: scenario.mutant === 'noSocketTimeout' ? mutantMs.noSocketTimeout : mutantMs.other,
        });
        expect(found.annex).toEqual([]);
        expect(found.mutant).not.toEqual([]);
      }, 900_000);
    }
  });
}
