import { expect, it } from 'vitest';
import { contrastWithWhite, shadesOf } from './colours';

const rgb = (colour: string): [number, number, number] => {
  const number = Number.parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
};

it.each(['#ffee00', '#1c7ed6', '#ffffff', '#000000', '#e03131'])('white can be read on the button of %s', (colour) => {
  const shades = shadesOf(colour);
  expect(shades).toHaveLength(10);
  for (const shade of shades) expect(shade).toMatch(/^#[0-9a-f]{6}$/);
  expect(contrastWithWhite(rgb(shades[7] ?? ''))).toBeGreaterThanOrEqual(4.5);
});

it('a colour that is dark enough stays as it is', () => {
  expect(shadesOf('#3d4fd8')[7]).toBe('#3d4fd8');
});
