/** The time inside a UUIDv7 (RFC 9562 §5.7), by which ids are in the order in which they were made. */

/** The smallest UUIDv7 of a moment. */
export function firstUuidAt(time: Date): string {
  return firstUuidOf(time.getTime());
}

/** The smallest UUIDv7 of a millisecond since the epoch. */
export function firstUuidOf(ms: number): string {
  const hex = Math.max(0, Math.min(ms, 2 ** 48 - 1))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** When a UUIDv7 was made, in milliseconds since the epoch. */
export function madeAtMs(uuid: string): number {
  return Number.parseInt(`${uuid.slice(0, 8)}${uuid.slice(9, 13)}`, 16);
}
