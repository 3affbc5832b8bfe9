/** What a person says about a run of the suite (docs/faults.md). */

/** Any text is a seed: a whole number is taken as it is, of other text its hash (FNV-1a). */
export function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The same seed makes the same faults in the same order. */
export const seed = seedOf(process.env['FAULTS_SEED'] || '1');

/** How often every fault comes round: 1 in the short run, 8 in `npm run test:faults`. */
export const rounds = Math.max(1, Math.floor(Number(process.env['FAULTS_ROUNDS'] || 1)) || 1);

/** Tell the course of events while it happens, not only when a test failed. */
export const isTold = process.env['FAULTS_TELL'] === '1';
