/**
 * Keeps tenants' plugins as an operator's file says: at start, and whenever the file changes. A faulty file changes
 * nothing, and is looked at again: what it names may come later.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Loop } from '@annex/dispatch';
import { messageOf, SECOND, type InputFault, type Logger, type Stoppable } from '@annex/kernel';
import { applyPluginsFile, type PluginsFileParts } from './apply-plugins-file.js';
import { readPluginsFile, type FileEnvironment } from './read-plugins-file.js';

/** How the file stands. */
export interface PluginsFileState {
  /** What keeps it from being applied, or could not be done. */
  faults: readonly InputFault[];
  /** Milliseconds since the epoch; `undefined`: it never was, as a whole. */
  appliedAtMs: number | undefined;
}

export interface PluginsFileOptions extends PluginsFileParts {
  path: string;
  environment: FileEnvironment;
  logger: Logger;
  /** Milliseconds between two looks at the file. Default 2000. */
  everyMs?: number;
}

/** After this a file with faults is tried again although nobody changed it, in milliseconds. */
const retryMs = 30 * SECOND;

export class PluginsFile implements Stoppable {
  readonly #loop: Loop;
  #state: PluginsFileState = { faults: [], appliedAtMs: undefined };
  #seen: string | undefined;
  #retryAt = 0;

  constructor(private readonly options: PluginsFileOptions) {
    const { logger, everyMs = 2 * SECOND } = options;
    this.#loop = new Loop({ name: 'plugins file', everyMs, logger, work: () => this.look() });
  }

  get state(): PluginsFileState {
    return this.#state;
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Looks at the file, and applies it if it is another one or had faults a while ago. */
  async look(): Promise<void> {
    const { path } = this.options;
    const reading = await readFile(path).then(
      (bytes) => ({ bytes, seen: createHash('sha256').update(bytes).digest('hex') }),
      (thrown: unknown) => ({ bytes: undefined, seen: messageOf(thrown) }),
    );
    const isKnown = reading.seen === this.#seen;
    if (isKnown && (this.#state.faults.length === 0 || performance.now() < this.#retryAt)) return;
    this.#seen = reading.seen;
    this.#retryAt = performance.now() + retryMs;
    const faults = reading.bytes
      ? await this.#apply(reading.bytes)
      : [{ pointer: '', code: 'UNREADABLE', detail: reading.seen }];
    this.#tell(faults, isKnown);
  }

  async #apply(bytes: Buffer): Promise<readonly InputFault[]> {
    try {
      const file = readPluginsFile(bytes, this.options.environment);
      return file.ok ? await applyPluginsFile(this.options, file.tenants) : file.errors;
    } catch (thrown) {
      return [{ pointer: '', code: 'FAILED', detail: messageOf(thrown) }];
    }
  }

  #tell(faults: readonly InputFault[], isKnown: boolean): void {
    const { logger, path } = this.options;
    const appliedAtMs = faults.length === 0 ? Date.now() : this.#state.appliedAtMs;
    // The same faults again are no news.
    const isNews = !isKnown || JSON.stringify(faults) !== JSON.stringify(this.#state.faults);
    this.#state = { faults, appliedAtMs };
    if (!isNews) return;
    if (faults.length === 0) logger.info({ path }, 'the plugins file was applied');
    for (const fault of faults)
      logger.error({ path, ...fault }, 'a fault of the plugins file; what was before is in force');
  }
}
