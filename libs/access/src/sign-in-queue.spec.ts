import { describe, expect, it } from 'vitest';
import { SignInQueue, type Standing, type Turn } from './sign-in-queue.js';

const limits = { atOnce: 1, waiting: 100, waitingWhileFailing: 8 };
const turn = (network: string, account = 'a', standing: Standing = 'fresh'): Turn => ({ network, account, standing });

/** A queue whose only place is taken until `open` is called; `order` tells who went when. */
function heldQueue(options = limits) {
  const queue = new SignInQueue(options);
  const order: string[] = [];
  let open = (): void => {};
  const first = queue.run(turn('first'), () => new Promise<void>((done) => (open = done)));
  const enter = (who: string, asked: Turn): Promise<string> =>
    queue
      .run(asked, async () => void order.push(who))
      .then(
        () => 'done',
        (thrown: { code: string }) => thrown.code,
      );
  return { order, enter, open: () => (open(), first) };
}

describe('turns to be hashed', () => {
  it('go round between networks: fifty of one leave another the second turn', async () => {
    const { order, enter, open } = heldQueue();
    const all = Array.from({ length: 50 }, (_, index) => enter(`attacker ${index}`, turn('one', `guess ${index}`)));
    all.push(enter('somebody', turn('other')));
    await open();
    await Promise.all(all);
    expect(order.indexOf('somebody')).toBeLessThanOrEqual(1);
  });

  it('go round between the accounts of one network', async () => {
    const { order, enter, open } = heldQueue();
    const all = Array.from({ length: 50 }, (_, index) => enter(`guess ${index}`, turn('one', 'attacked')));
    all.push(enter('somebody', turn('one', 'own')));
    await open();
    await Promise.all(all);
    expect(order.indexOf('somebody')).toBeLessThanOrEqual(1);
  });

  it('come first to who signed in from there before; those whose sign-ins fail still get one of four', async () => {
    const { order, enter, open } = heldQueue();
    const all = [
      ...Array.from({ length: 8 }, (_, index) => enter('failing', turn(`bad ${index}`, 'a', 'failing'))),
      ...Array.from({ length: 8 }, (_, index) => enter('fresh', turn(`new ${index}`))),
      enter('known', turn('one', 'own', 'known')),
    ];
    await open();
    await Promise.all(all);
    expect(order.slice(0, 8)).toEqual(['known', 'fresh', 'fresh', 'failing', 'fresh', 'fresh', 'fresh', 'failing']);
  });

  it('are few for a network whose sign-ins fail: the others are told to wait', async () => {
    const { enter, open } = heldQueue();
    const failing = Array.from({ length: 20 }, (_, index) => enter('x', turn('bad', `${index}`, 'failing')));
    const other = enter('y', turn('also bad', 'a', 'failing'));
    await open();
    const answers = await Promise.all(failing);
    expect(answers.filter((answer) => answer === 'RATE_LIMITED')).toHaveLength(12);
    expect(await other).toBe('done');
  });

  it('are found for who comes when the line is full, at the cost of those behind', async () => {
    const { enter, open } = heldQueue({ ...limits, waiting: 4 });
    const failing = Array.from({ length: 4 }, (_, index) => enter('x', turn(`bad ${index}`, 'a', 'failing')));
    const fresh = enter('y', turn('new'));
    const late = enter('z', turn('late', 'a', 'failing'));
    await open();
    expect(await fresh).toBe('done');
    expect([...(await Promise.all(failing)), await late].filter((answer) => answer === 'OVERLOADED')).toHaveLength(2);
  });
});

it('work that fails hands its place on', async () => {
  const queue = new SignInQueue(limits);
  const failed = queue.run(turn('a'), () => Promise.reject(new Error('no')));
  const next = queue.run(turn('b'), () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
