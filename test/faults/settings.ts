/** What a person says about a run of the suite (docs/faults.md). */

/** The same seed makes the same faults in the same order. */
export const seed = Number(process.env['FAULTS_SEED'] ?? 1);

/** How often every fault comes round: 1 in the short run, 6 in `npm run test:faults`. */
export const rounds = Number(process.env['FAULTS_ROUNDS'] ?? 1);

/** Tell the course of events while it happens, not only when a test failed. */
export const isTold = process.env['FAULTS_TELL'] === '1';
