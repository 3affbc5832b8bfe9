/** Values as JSON has them, and what is written as them. */

/**
 * A value as JSON has it.
 * @example
 * const kept: Json = { seen: [1, 2], by: null }
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A value that Annex writes as JSON, as `JSON.stringify` does: it leaves out `undefined` members and calls `toJSON`.
 * @example
 * const day: JsonInput = { at: new Date() } // written as { "at": "2026-01-31T09:00:00.000Z" }
 */
export type JsonInput = null | boolean | number | string | object;
