import { newId } from '@annex/kernel';
import { createMasker } from '@annex/vault';
import { describe, expect, it } from 'vitest';
import { SecretMasks } from './secret-masks.js';

const secret = (index: number): string => `secret-value-${index}-end`;

describe('the memory of secrets that were given out', () => {
  it('holds every secret that a manifest may name', () => {
    const masks = new SecretMasks(createMasker);
    const plugin = newId('installation');
    for (let index = 0; index < 100; index += 1) masks.saw(plugin, `S${index}`, secret(index));
    for (const index of [0, 50, 99]) expect(masks.of(plugin)?.text(`it is ${secret(index)}.`)).toBe('it is ***.');
  });

  it('does not grow with every plugin that ever read one, and keeps those that read lately', () => {
    const masks = new SecretMasks(createMasker);
    const [busy, quiet] = [newId('installation'), newId('installation')];
    masks.saw(busy, 'S', secret(1));
    masks.saw(quiet, 'S', secret(2));
    for (let index = 0; index < 2_000; index += 1) {
      if (index === 1_000) masks.saw(busy, 'S', secret(1));
      masks.saw(newId('installation'), 'S', secret(3));
    }
    expect(masks.of(busy)?.text(secret(1))).toBe('***');
    expect(masks.of(quiet)).toBeUndefined();
  });
});
