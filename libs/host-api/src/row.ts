import { MiB, type Json } from '@annex/kernel';
import type { z } from 'zod';
import type { PermissionName } from './permissions.js';

/**
 * What a host call is counted against, next to the count of all host calls. Quotas per run stand in libs/limits.
 */
export type Meter = 'http_calls' | 'emits' | 'job_starts' | 'emails' | 'webhook_sends' | 'llm_calls' | 'plugin_calls';

/** The part of a permission that one call touches, to be compared with the grant's scope. */
export interface TouchedScope {
  table?: string;
  host?: string;
}

/** One call that plugin code can make through `ctx`. */
export interface HostCallRow<Args extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  /** The arguments, as a tuple. Handlers get its output. */
  args: Args;
  /** What the handler answers; it crosses as JSON, a `Uint8Array` at the top as `{"$bytes": …}`. */
  result: Result;
  /** The permission that must be granted, or `null` for a call that every plugin may make. */
  permission: PermissionName | null;
  /** What this call touches of a permission that can be narrowed. */
  touches?: (args: z.output<Args>) => TouchedScope;
  /** Counted against this quota as well. */
  meter: Meter | null;
  /**
   * Puts a long text that crossed beside the arguments where it belongs: a body of megabytes is not to be parsed. The
   * arguments are plugin code's and unchecked; answers whether they have that place. Left out: they have none.
   */
  putText?: (args: Json, text: string) => boolean;
  /** Largest argument text, in bytes. */
  maxArgsBytes: number;
  /** Largest answer as JSON text, in bytes. */
  maxResultBytes: number;
  /** What it does and what it answers, for plugin authors; the reference page prints it. */
  doc: string;
  /** How a plugin writes it. */
  example: string;
}

type Defaulted = 'permission' | 'meter' | 'maxArgsBytes' | 'maxResultBytes';

/** Writes a row; left out: no permission, no meter, 1 MiB of arguments, 5 MiB of answer. */
export function row<Args extends z.ZodType<readonly unknown[]>, Result extends z.ZodType>(
  declared: Omit<HostCallRow<Args, Result>, Defaulted> & Partial<Pick<HostCallRow<Args, Result>, Defaulted>>,
): HostCallRow<Args, Result> {
  return { permission: null, meter: null, maxArgsBytes: MiB, maxResultBytes: 5 * MiB, ...declared };
}
