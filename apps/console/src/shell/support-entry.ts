import type { Role } from '@annex/client';

/** An operator who is in a tenant for support. */
export interface SupportEntry {
  slug: string;
  name: string;
  /** Opens the tenant; kept in memory alone, so that loading the page anew ends it here. */
  token: string;
  /** Of the token, to end it early. */
  id: string;
  role: Role;
  expiresAt: string;
}

let entry: SupportEntry | undefined;

/** The entry into a tenant; `undefined`: there is none. */
export function supportIn(slug: string | undefined): SupportEntry | undefined {
  return entry?.slug === slug ? entry : undefined;
}

/** Remembers an entry, or with `undefined` forgets it. */
export function keepSupport(made: SupportEntry | undefined): void {
  entry = made;
}
