import type { Id } from '@annex/kernel';
import type { CreateMasker, Masker } from '../host-calls/ports.js';

/** Values remembered of one installation: the hundred that a manifest may name, and as many former ones. Further ones push the oldest out. */
const maxValues = 200;
/** Installations remembered: far more than can have warm code in one process. The one that read a secret longest ago leaves. */
const maxInstallations = 2_000;

/**
 * Remembers which secrets plugin code has seen, by installation, to mask them wherever its words are kept. The memory outlasts the run: warm
 * code may hold a value that an earlier run read, and after a rotation the old one too. Code in another process reads it there, so this
 * process knows every value that its own executors can know.
 */
export class SecretMasks {
  readonly #seen = new Map<Id<'installation'>, { values: Map<string, string>; masker: Masker }>();

  constructor(private readonly createMasker: CreateMasker) {}

  /** Remembers a value that an installation's code was given. */
  saw(installationId: Id<'installation'>, name: string, value: string): void {
    const known = this.#seen.get(installationId);
    const values = known?.values ?? new Map<string, string>();
    this.#seen.delete(installationId);
    if (known && values.has(value)) {
      this.#seen.set(installationId, known);
      return;
    }
    values.set(value, name);
    for (const oldest of values.keys()) {
      if (values.size <= maxValues) break;
      values.delete(oldest);
    }
    this.#seen.set(installationId, { values, masker: this.createMasker(values.keys()) });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= maxInstallations) break;
      this.#seen.delete(oldest);
    }
  }

  /** What masks an installation's words, or `undefined` when it has seen no secret. */
  of(installationId: Id<'installation'>): Masker | undefined {
    return this.#seen.get(installationId)?.masker;
  }
}
