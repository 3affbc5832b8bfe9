/** Kinds of settings that several have: how their text is read, and what is said of one that is none. */
import { didYouMean } from '@annex/kernel';
import { z } from 'zod';

export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .trim()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error });
}

export function wholeBytes(min: number, max: number) {
  const error = `must be a whole number of bytes from ${min} to ${max}`;
  return z
    .string()
    .trim()
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error });
}

export const anyBytes = wholeBytes(0, Number.MAX_SAFE_INTEGER);

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {
    error: ({ input }) => `must be one of ${words.join(', ')}.${didYouMean(String(input), words)}`,
  });
}

export const optionalText = z.string().trim().min(1).optional();
export const port = wholeNumber(0, 65_535);
export const url = (protocols: string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be a URL such as ${example}`,
  });
