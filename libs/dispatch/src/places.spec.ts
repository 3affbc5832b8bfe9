import { expect, it } from 'vitest';
import { Pace, Places } from './places.js';

const open = (options: Partial<ConstructorParameters<typeof Places>[0]> = {}): Places =>
  new Places({ slots: 3, reserved: 1, patienceMs: 60_000, ...options });

it('keeps the reserve free for newcomers, and gives it to one at once', async () => {
  const places = open();
  const leave = await places.enter(false);
  await places.enter(false);
  const third = places.enter(false);
  const last = await places.enter(true);
  expect(last).toBeTypeOf('function');
  last?.();
  leave?.();
  expect(await third).toBeTypeOf('function');
});

it('lets newcomers in before the others, each in the order in which they came', async () => {
  const places = open({ slots: 1, reserved: 0 });
  const leave = await places.enter(false);
  const order: string[] = [];
  const wait = async (name: string, isNewcomer: boolean): Promise<void> => {
    const done = await places.enter(isNewcomer);
    order.push(name);
    done?.();
  };
  const all = [wait('other', false), wait('first', true), wait('second', true)];
  leave?.();
  leave?.();
  await Promise.all(all);
  expect(order).toEqual(['first', 'second', 'other']);
});

it('sends away who waits too long, and everybody when it closes', async () => {
  const places = open({ slots: 1, reserved: 0, patienceMs: 1 });
  await places.enter(false);
  expect(await places.enter(false)).toBeUndefined();
  const patient = open({ slots: 1, reserved: 0 });
  await patient.enter(false);
  const waiting = patient.enter(false);
  patient.close();
  expect([await waiting, await patient.enter(false)]).toEqual([undefined, undefined]);
});

it('calls runs short after short ones, and long as soon as one had to wait', () => {
  const pace = new Pace();
  expect([pace.isFast, pace.ran(10), pace.isFast, pace.ran(20)]).toEqual([false, true, true, false]);
  expect([pace.stalled(), pace.isFast, pace.ran(60)]).toEqual([true, false, false]);
});
