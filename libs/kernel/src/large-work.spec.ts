import { expect, it } from 'vitest';
import { largeWork } from './large-work.js';

it('only one large piece of work is done in a turn of the event loop, in the order in which they asked', async () => {
  const done: string[] = [];
  const turns = async (): Promise<void> => {
    for (let turn = 1; turn <= 5; turn += 1) {
      await new Promise((next) => setImmediate(next));
      done.push('turn');
    }
  };
  await Promise.all([
    turns(),
    ...['first', 'second', 'third'].map(async (name) => {
      await largeWork.turn();
      done.push(name);
    }),
  ]);
  expect(done.filter((each) => each !== 'turn')).toEqual(['first', 'second', 'third']);
  // A turn lies between each two of them.
  expect(done.join(' ')).not.toMatch(/first second|second third/);
});
