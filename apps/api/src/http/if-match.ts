/**
 * The number that `If-Match: "<number>"` (RFC 9110 §13.1.1) expects a thing to have; `undefined`: any. What is no
 * number
 * matches none.
 */
export function expectedNumber(ifMatch: string | undefined): number | undefined {
  const tag = ifMatch?.trim();
  if (tag === undefined || tag === '*') return undefined;
  const [, digits] = /^"?(\d{1,9})"?$/.exec(tag) ?? [];
  return digits === undefined ? -1 : Number(digits);
}
