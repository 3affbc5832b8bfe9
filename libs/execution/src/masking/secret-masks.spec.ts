import { newId } from '@annex/kernel';
import { growingMasker } from '@annex/vault';
import { describe, expect, it } from 'vitest';
import { SecretMasks } from './secret-masks.js';

const secret = (index: number): string => `secret-value-${index}-end`;

describe('the memory of secrets that were given out', () => {
  it('holds every secret that a manifest may name', async () => {
    const masks = new SecretMasks(growingMasker);
    const plugin = newId('installation');
    for (let index = 0; index < 100; index += 1) await masks.saw(plugin, secret(index));
    for (const index of [0, 50, 99]) expect(masks.of(plugin)?.text(`it is ${secret(index)}.`)).toBe('it is ***.');
  });

  it('learns a value once, however many runs read it', async () => {
    let learnt = 0;
    const masks = new SecretMasks(() => {
      const masker = growingMasker();
      return { ...masker, size: 0, add: (value) => ((learnt += 1), masker.add(value)) };
    });
    const plugin = newId('installation');
    for (let run = 0; run < 50; run += 1)
      await Promise.all([masks.saw(plugin, secret(1)), masks.saw(plugin, secret(2))]);
    expect(learnt).toBe(2);
    expect(masks.of(plugin)?.text(`${secret(1)} ${secret(2)}`)).toBe('*** ***');
  });

  it('goes on hiding former values when new ones come and come', async () => {
    const masks = new SecretMasks(growingMasker);
    const plugin = newId('installation');
    for (let index = 0; index < 250; index += 1) await masks.saw(plugin, secret(index));
    for (const index of [0, 199, 200, 249]) expect(masks.of(plugin)?.text(secret(index))).toBe('***');
  });

  it('is left by the largest first, when many large ones are too much', async () => {
    const small = newId('installation');
    const sizes = [10, 1_500_000, 1_600_000, 1_700_000];
    const masks = new SecretMasks(() => ({
      ...growingMasker(),
      add: () => Promise.resolve(),
      size: sizes.shift() ?? 0,
    }));
    const large = [newId('installation'), newId('installation'), newId('installation')];
    for (const id of [small, ...large]) await masks.saw(id, 'value');
    expect([small, ...large].map((id) => masks.of(id) !== undefined)).toEqual([true, true, false, true]);
  });

  it('does not grow with every plugin that ever read one, and keeps those that read lately', async () => {
    const masks = new SecretMasks(growingMasker);
    const [busy, quiet] = [newId('installation'), newId('installation')];
    await masks.saw(busy, secret(1));
    await masks.saw(quiet, secret(2));
    for (let index = 0; index < 2_000; index += 1) {
      if (index === 1_000) await masks.saw(busy, secret(1));
      await masks.saw(newId('installation'), secret(3));
    }
    expect(masks.of(busy)?.text(secret(1))).toBe('***');
    expect(masks.of(quiet)).toBeUndefined();
  });
});
