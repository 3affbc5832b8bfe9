import { newId, uuidFromId } from '@annex/kernel';

/**
 * A whole hour that every id made in this process so far lies before, in milliseconds since the epoch: ids never go
 * back in time, and another spec of the same worker may have made some of a time to come.
 */
export function hourBehindAllIds(): number {
  const hourMs = 3_600_000;
  const lastMs = Number.parseInt(uuidFromId(newId('run')).replaceAll('-', '').slice(0, 12), 16);
  return (Math.floor(lastMs / hourMs) + 1) * hourMs;
}
