import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** A text that was given as it is, as `@file`, or as `-` for standard input. */
export async function readGiven(given: string): Promise<string> {
  if (given === '-') return text(process.stdin);
  return given.startsWith('@') ? readFile(given.slice(1), 'utf8') : given;
}
