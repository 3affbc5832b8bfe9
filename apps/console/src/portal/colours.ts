import type { MantineColorsTuple } from '@mantine/core';

type Rgb = readonly [number, number, number];

/** White on a colour has to be read with ease (WCAG 2.2 §1.4.3). */
const leastContrast = 4.5;

/** Ten shades of a colour, light to dark. The eighth, which buttons have, is dark enough for white words. */
export function shadesOf(colour: string): MantineColorsTuple {
  let base = parse(colour);
  while (contrastWithWhite(base) < leastContrast) base = mix(base, [0, 0, 0], 0.06);
  const white: Rgb = [255, 255, 255];
  const light = [0.92, 0.84, 0.7, 0.55, 0.4, 0.25, 0.12].map((part) => write(mix(base, white, part)));
  const dark = [0.18, 0.35].map((part) => write(mix(base, [0, 0, 0], part)));
  return [...light, write(base), ...dark] as unknown as MantineColorsTuple;
}

function parse(colour: string): Rgb {
  const number = Number.parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function write(rgb: Rgb): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

function mix(one: Rgb, other: Rgb, part: number): Rgb {
  const [r, g, b] = one.map((value, index) => value + ((other[index] ?? 0) - value) * part);
  return [r ?? 0, g ?? 0, b ?? 0];
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
export function contrastWithWhite(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}
