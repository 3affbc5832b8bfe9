import type { Json } from '@annex/kernel';
import { compileSettingPatterns, settingKeyFault } from '@annex/manifest';
import type { JsonInput } from '../context.js';

/** What a tree of settings needs of the plugin that watches it. */
export interface TestSettingsParts {
  /** Patterns of `watch` in `plugin.json`. */
  patterns: readonly string[];
  /** Calls `onConfigChange`; rejects when it throws. */
  tell: (change: {
    key: string;
    value: Json;
    op: 'put' | 'delete';
    revision: number;
    previous: Json;
    scope: 'tenant';
    first_sync: boolean;
  }) => Promise<void>;
}

/**
 * The tenant's settings as a plugin under test hears of them. A key that `watch` does not mean is kept, and told to
 * nobody. A change that the handler refuses is kept too, as on a server.
 * @example
 * const bring = async (plugin: TestPlugin) => plugin.settings.put('dns/zones/example.org', { a: ['192.0.2.1'] })
 */
export class TestSettings {
  readonly #values = new Map<string, { value: Json; revision: number }>();
  readonly #isWatched: (key: string) => boolean;
  #revision = 0;

  /** @internal */
  constructor(private readonly parts: TestSettingsParts) {
    this.#isWatched = compileSettingPatterns(parts.patterns);
  }

  /** The value of a key; `undefined`: there is none. */
  get(key: string): Json | undefined {
    return this.#values.get(key)?.value;
  }

  /**
   * Sets a key and waits for `onConfigChange`. The value that it has already changes nothing. Rejects with
   * `HandlerFailed` when the handler throws. Throws `TypeError` for what is no key.
   */
  async put(key: string, value: JsonInput): Promise<void> {
    const fault = settingKeyFault(key);
    if (fault !== undefined) throw new TypeError(`The key ${JSON.stringify(key)} ${fault}.`);
    const given = JSON.parse(JSON.stringify(value)) as Json;
    const before = this.get(key);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(given)) return;
    this.#revision += 1;
    this.#values.set(key, { value: given, revision: this.#revision });
    await this.#tell({ key, value: given, op: 'put', previous: before ?? null });
  }

  /** Removes a key and waits for `onConfigChange`. Answers whether there was one. Rejects as {@link put}. */
  async delete(key: string): Promise<boolean> {
    const before = this.get(key);
    if (!this.#values.delete(key)) return false;
    this.#revision += 1;
    await this.#tell({ key, value: null, op: 'delete', previous: before ?? null });
    return true;
  }

  /** Tells each key once, as enabling the plugin does, in the order in which they were last set. */
  async sync(): Promise<void> {
    const kept = [...this.#values].sort(([, one], [, other]) => one.revision - other.revision);
    for (const [key, { value, revision }] of kept)
      if (this.#isWatched(key))
        await this.parts.tell({ key, value, op: 'put', revision, previous: null, scope: 'tenant', first_sync: true });
  }

  async #tell(change: { key: string; value: Json; op: 'put' | 'delete'; previous: Json }): Promise<void> {
    if (!this.#isWatched(change.key)) return;
    await this.parts.tell({ ...change, revision: this.#revision, scope: 'tenant', first_sync: false });
  }
}
