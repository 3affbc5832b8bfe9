/** One kibibyte, in bytes (IEC 80000-13). */
export const KiB = 1024;
/** One mebibyte, in bytes. */
export const MiB = 1024 * KiB;
/** One gibibyte, in bytes. */
export const GiB = 1024 * MiB;
/** One second, in milliseconds. */
export const SECOND = 1000;
/** One minute, in milliseconds. */
export const MINUTE = 60 * SECOND;
/** One hour, in milliseconds. */
export const HOUR = 60 * MINUTE;
/** One day of 24 hours, in milliseconds. */
export const DAY = 24 * HOUR;
