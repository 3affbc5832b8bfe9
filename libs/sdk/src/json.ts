/** Values as JSON has them, and what is written as them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A value that Annex writes as JSON, as `JSON.stringify` does: it leaves out `undefined` members and calls `toJSON`.
 */
export type JsonInput = null | boolean | number | string | object;
