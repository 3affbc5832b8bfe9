import { MiB } from '@annex/kernel';
import type { compilerLimits } from '@annex/limits';

/** What the checks of one package may use: `compilerLimits`, or less in tests. */
export type CompilerLimits = Readonly<Record<keyof typeof compilerLimits, number>>;

/** Scripts of one package: that of its entry, and that of its transforms. */
export const maxScripts = 2;
/** Largest report beside the files and scripts that it carries, as JSON, in bytes. */
export const maxReportBytes = 4 * MiB;
/** Most faults, and most warnings, of one report. */
export const maxFaults = 300;
/** Most webhooks of one package. */
export const maxWebhooks = 1000;
/** Address space of each process, in MiB. V8 and Go reserve much more than they use. */
export const addressSpaceMb = 4096;
