import { MiB, SECOND } from '@annex/kernel';

/** What the checks of one package may use; past it their processes are killed. */
export interface CompilerLimits {
  /** Processor time of all that checks the package, in milliseconds. */
  cpuMs: number;
  /**
   * Time from the package's arrival in the process to its report, in milliseconds; on a busy machine most of it is
   * waiting.
   */
  wallMs: number;
  /** Resident memory of the process and its engine together, in bytes. */
  rssBytes: number;
}

export const defaultCompilerLimits: CompilerLimits = { cpuMs: 15 * SECOND, wallMs: 60 * SECOND, rssBytes: 768 * MiB };

/** Largest script, made of the entry or of the transforms, in bytes. */
export const maxScriptBytes = 8 * MiB;
/** Largest source map of a bundle, in bytes. */
export const maxSourceMapBytes = 32 * MiB;
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
