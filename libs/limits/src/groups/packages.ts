import { KiB, MiB, SECOND } from '@annex/kernel';

/** A package as a ZIP. */
export const archiveLimits = {
  /** The archive as uploaded. */
  maxPackedBytes: 10 * MiB,
  /** All files together, inflated. */
  maxUnpackedBytes: 50 * MiB,
  /**
   * Files that count: those outside of `node_modules`, and those in it that the bundle holds something of. Folders and
   * what a Mac adds do not.
   */
  maxFiles: 1000,
  /** Everything in the archive, whether it counts or not. */
  maxEntries: 20_000,
  /** How many times larger a file may get by inflating, and all files together. */
  maxRatio: 200,
  /** A file, or all together, may get this large whatever its ratio: small repetitive files are honest. */
  ratioFreeBytes: MiB,
} as const;

/** One file of a package. */
export const packageFileLimits = {
  /** Its path, as UTF-8. */
  pathBytes: 512,
  /** Its name, or that of a folder, as UTF-8: what common file systems hold. */
  nameBytes: 255,
  /** Folders above it. Deep node_modules stay far below. */
  folders: 32,
  /** `plugin.json`. */
  manifestBytes: 256 * KiB,
  /** Secrets that it names. */
  secrets: 100,
} as const;

/** The code of a package. */
export const bundleLimits = {
  /** Source that one bundle reads; more would never fit into one that is allowed. */
  sourceBytes: 16 * MiB,
  /** The bundle. */
  bundleBytes: 5 * MiB,
  /** One build. */
  buildMs: 10 * SECOND,
  /** The script made of the entry, or of the transforms. */
  scriptBytes: 8 * MiB,
  /** The source map of a bundle. */
  sourceMapBytes: 32 * MiB,
} as const;

/** The check of one package; past these its processes are killed. */
export const compilerLimits = {
  /** Processor time of all that checks the package. */
  cpuMs: 15 * SECOND,
  /** Time from the package's arrival in the process to its report; on a busy machine most of it is waiting. */
  wallMs: 60 * SECOND,
  /** Resident memory of the process and its engine together. */
  rssBytes: 768 * MiB,
} as const;

/** Routes. */
export const routeLimits = {
  /** Routes of one plugin. */
  routes: 500,
  /** The path of one. */
  pathChars: 512,
  /** Segments of that path. */
  segments: 32,
  /** Segments of a request's path; a longer one matches no route. */
  requestSegments: 128,
  /** Origins in `cors`. */
  corsOrigins: 50,
  /** Headers in each list of `cors`. */
  corsHeaders: 50,
  /** `max_age_s` of `cors`. */
  corsMaxAgeS: 86_400,
} as const;

/** Settings of a plugin. */
export const settingLimits = {
  /** Their schema, as JSON. */
  schemaBytes: 64 * KiB,
  /** Levels of the schema. */
  schemaLevels: 32,
  /** Judging a value by the schema. */
  judgeMs: 250,
  /** Judging and compiling the schema: on a busy machine an honest one needs many times its usual few. */
  compileMs: 1000,
  /** The settings of one installation, as UTF-8 JSON. */
  bytes: 64 * KiB,
  /** Settings at the top level: each one that changes may start a run of `onConfigChange`. */
  keys: 200,
  /** Levels of nested settings. */
  levels: 32,
} as const;

/** Agents of a package. */
export const packageAgentLimits = {
  /** Files in `agents/`. */
  files: 50,
  /** One of them. */
  fileBytes: 64 * KiB,
  /** Levels of lists and objects in one. */
  levels: 24,
  /** The template of a prompt. */
  promptChars: 32 * KiB,
} as const;

/** Webhooks of a package. */
export const packageWebhookLimits = {
  /** Files in `webhooks/`. */
  files: 50,
  /** One of them. */
  fileBytes: 64 * KiB,
  /** Levels of lists and objects in one. */
  levels: 16,
} as const;
