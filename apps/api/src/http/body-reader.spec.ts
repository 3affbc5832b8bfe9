import { describe, expect, it } from 'vitest';
import { BodyMemory, GatheredBody } from './body-reader.js';

function room(bytes: number) {
  let nowMs = 0;
  const memory = new BodyMemory(bytes, () => nowMs);
  const lost: string[] = [];
  const body = (name: string, network = 'a') =>
    new GatheredBody(memory, network, 1000, ({ message }) => lost.push(`${name}: ${message}`));
  return { memory, lost, body, wait: (ms: number) => void (nowMs += ms) };
}

const piece = (bytes: number) => Buffer.alloc(bytes, 1);

describe('the room for bodies', () => {
  it('is not taken from bodies that are coming: who comes last is asked to come again', () => {
    const { memory, lost, body } = room(300);
    const bodies = ['one', 'two', 'three'].map((name) => body(name));
    for (const each of bodies) each.add(piece(100), 100);
    expect(() => body('four').add(piece(100), 100)).toThrow(
      'Too many bodies are under way. Send this one again in a moment.',
    );
    expect(lost).toEqual([]);
    expect(bodies.map((each) => each.end().length)).toEqual([100, 100, 100]);
    expect(memory.used).toBe(0);
  });

  it('is taken from the one that stood still longest, for a second at least', () => {
    const { memory, lost, body, wait } = room(300);
    const [one, two, three] = [body('one'), body('two'), body('three')];
    one.add(piece(100), 100);
    two.add(piece(50), 100);
    wait(500);
    three.add(piece(50), 50);
    wait(500);
    two.add(piece(10));
    body('four').add(piece(150), 150);
    expect(lost).toEqual([
      'one: Too many bodies are under way, and nothing came of this one. Send it again in one go.',
    ]);
    expect(memory.used).toBe(300);
    expect([two.end().length, three.end().length, one.end().length]).toEqual([60, 50, 100]);
    expect(memory.used).toBe(150);
  });

  it('is shared by networks: who holds most gives way to who holds less, even while it comes', () => {
    const { lost, body } = room(300);
    for (const name of ['one', 'two', 'three']) body(name, 'greedy').add(piece(100), 100);
    const small = body('small', 'other');
    small.add(piece(100), 100);
    expect(lost.map((text) => text.slice(0, 4))).toEqual(['one:']);
    expect(() => body('four', 'greedy').add(piece(100), 100)).toThrow('in a moment');
    expect(small.end()).toHaveLength(100);
  });
});
