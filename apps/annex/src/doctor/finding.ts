import type { Finding } from '@annex/operations';

/** A finding without its check, which the look names. */
export type Seen = Omit<Finding, 'check'>;

export const fine = (detail: string): Seen => ({ status: 'ok', detail, way_out: null });
export const warning = (detail: string, wayOut: string): Seen => ({ status: 'warning', detail, way_out: wayOut });
export const fault = (detail: string, wayOut: string): Seen => ({ status: 'fault', detail, way_out: wayOut });

/** Shares below which room is short, and below which work fails soon. */
export const shortShare = 0.1;
export const lastShare = 0.03;

/** Bytes for people. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
