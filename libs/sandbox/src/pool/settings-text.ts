import type { RunContext } from '../sandbox.js';

/** The part of a run's context that stays the same from run to run, as text with a number: the number alone crosses while it does. */
export interface SettingsText {
  id: number;
  text: string;
}

interface Known extends SettingsText {
  tenant: RunContext['tenant'];
  plugin: RunContext['plugin'];
  permissions: RunContext['permissions'];
  config: RunContext['config'];
  secrets: RunContext['secrets'];
}

/** Remembers the last settings of each isolate key. The same objects again cost five comparisons, equal ones one `JSON.stringify`. */
export class SettingsTexts {
  readonly #known = new Map<string, Known>();
  #lastId = 0;

  of(isolateKey: string, { tenant, plugin, permissions, config, secrets }: RunContext): SettingsText {
    const known = this.#known.get(isolateKey);
    if (
      known !== undefined &&
      known.tenant === tenant &&
      known.plugin === plugin &&
      known.permissions === permissions &&
      known.config === config &&
      known.secrets === secrets
    ) {
      return known;
    }
    const text = JSON.stringify({ tenant, plugin, permissions, config, secrets });
    if (known?.text !== text) this.#lastId = (this.#lastId + 1) >>> 0;
    const next = { id: known?.text === text ? known.id : this.#lastId, text, tenant, plugin, permissions, config, secrets };
    if (this.#known.size >= 4096) this.#known.clear();
    this.#known.set(isolateKey, next);
    return next;
  }

  forget(prefix: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(prefix)) this.#known.delete(key);
  }
}
