import type { Registration } from '../registration.js';

/** What running an entry once, without `ctx`, found; the sandbox does it in a throw-away isolate. */
export type EntryInspection =
  | { ok: true; registrations: Registration[]; warnings: string[] }
  | { ok: false; error: { code: string; message: string; stack?: string } };
