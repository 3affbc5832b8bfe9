import { expect, it } from 'vitest';
import { Pace, Places } from './places.js';

const open = (options: Partial<ConstructorParameters<typeof Places>[0]> = {}): Places =>
  new Places({ slots: 3, lendable: 2, patienceMs: 60_000, ...options });

it('keeps the reserve free of tenants over their own share, and gives it to others at once', async () => {
  const places = open();
  const lent = [await places.enter(true), await places.enter(true)];
  const third = places.enter(true);
  expect(await places.enter(false)).toBeTypeOf('function');
  lent[0]?.();
  expect(await third).toBeTypeOf('function');
});

it('lets those within their share in before the others, each in the order in which they came', async () => {
  const places = open({ slots: 1, lendable: 1 });
  const leave = await places.enter(false);
  const order: string[] = [];
  const wait = async (name: string, isLent: boolean): Promise<void> => {
    const done = await places.enter(isLent);
    order.push(name);
    done?.();
  };
  const all = [wait('lent', true), wait('first', false), wait('second', false)];
  leave?.();
  leave?.();
  await Promise.all(all);
  expect(order).toEqual(['first', 'second', 'lent']);
});

it('sends away who waits too long, and everybody when it closes', async () => {
  const places = open({ slots: 1, lendable: 1, patienceMs: 1 });
  await places.enter(false);
  expect(await places.enter(false)).toBeUndefined();
  const patient = open({ slots: 1, lendable: 1 });
  await patient.enter(false);
  const waiting = patient.enter(false);
  patient.close();
  expect([await waiting, await patient.enter(false)]).toEqual([undefined, undefined]);
});

it('calls runs short after short ones, and long as soon as a ticket had to wait', () => {
  const pace = new Pace();
  expect([pace.isFast, pace.ran(10), pace.isFast, pace.ran(20)]).toEqual([false, true, true, false]);
  expect([pace.stalled(), pace.isFast, pace.ran(60)]).toEqual([true, false, false]);
});
