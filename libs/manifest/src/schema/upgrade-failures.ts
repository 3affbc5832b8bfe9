/**
 * What follows when the `onInit` of a release fails for good while another one serves. `rollback`: that one goes on,
 * and this one is given up. `keep_old`: it goes on, and `onInit` is tried again and again. `fail`: the plugin fails.
 */
export const upgradeFailures = ['rollback', 'keep_old', 'fail'] as const;

/** One of {@link upgradeFailures}. */
export type UpgradeFailure = (typeof upgradeFailures)[number];
