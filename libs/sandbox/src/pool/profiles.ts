import type { RunContext, RunRequest, SandboxLimits } from '../sandbox.js';
import type { Profile } from '../wire/messages.js';

/**
 * The part of a run that stays the same from run to run, as text with a number: while it does, the number alone
 * crosses.
 */
export interface ProfileText {
  id: number;
  text: string;
}

interface Known extends ProfileText {
  limits: SandboxLimits;
  tenant: RunContext['tenant'];
  plugin: RunContext['plugin'];
  permissions: RunContext['permissions'];
  config: RunContext['config'];
  refToken: RunContext['refToken'];
}

/** Profiles remembered for one isolate key: one for each handler kind in use. */
const perKey = 6;
const maxKeys = 4096;

/**
 * Remembers the last profiles of each isolate key. The same objects again cost a few comparisons, equal ones a
 * `JSON.stringify`; so callers keep and pass the same `limits`, `config`, … while they have not changed, and never
 * change one in place.
 */
export class Profiles {
  readonly #known = new Map<string, Known[]>();
  #lastId = 0;

  of({ isolateKey, bundleSha256, context, limits }: RunRequest): ProfileText {
    const { tenant, plugin, permissions, config, refToken } = context;
    let list = this.#known.get(isolateKey);
    if (list === undefined) {
      if (this.#known.size >= maxKeys) this.#known.clear();
      this.#known.set(isolateKey, (list = []));
    }
    for (const known of list) {
      if (
        known.limits === limits &&
        known.config === config &&
        known.permissions === permissions &&
        known.tenant === tenant &&
        known.plugin === plugin &&
        known.refToken === refToken
      ) {
        return known;
      }
    }
    const fixed = JSON.stringify({ tenant, plugin, permissions, config, refToken });
    const text = JSON.stringify({ isolateKey, sha256: bundleSha256, limits, fixed } satisfies Profile);
    const equal = list.find((known) => known.text === text);
    if (equal !== undefined) return Object.assign(equal, { limits, tenant, plugin, permissions, config, refToken });
    this.#lastId = (this.#lastId + 1) >>> 0;
    const next = { id: this.#lastId, text, limits, tenant, plugin, permissions, config, refToken };
    list.unshift(next);
    list.length = Math.min(list.length, perKey);
    return next;
  }

  forget(prefix: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(prefix)) this.#known.delete(key);
  }
}
