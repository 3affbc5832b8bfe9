const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Names that mean something to every JavaScript object: a row that held them would change what it is copied into. */
export function isForbiddenName(name: string): boolean {
  return forbidden.has(name);
}
