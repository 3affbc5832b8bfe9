import type { Id, Json } from '@annex/kernel';
import type { CreateMasker, GrowingMasker, Masker } from '../host-calls/ports.js';

/**
 * Values in one masker: the hundred that a manifest may name, and as many former ones. With the next one another masker
 * begins, and the one before the last goes.
 */
const maxValues = 200;
/**
 * Installations remembered: far more than can have warm code in one process. The one that read a secret longest ago
 * leaves.
 */
const maxInstallations = 2_000;
/** Memory of all maskers, in their own measure (about 24 bytes). Past that the installation that takes most leaves. */
const maxSize = 4_000_000;

interface Seen {
  /** Values of the present masker, and when it knows them. */
  values: Map<string, Promise<void>>;
  masker: GrowingMasker;
  before: GrowingMasker | undefined;
}

/**
 * Remembers which secrets plugin code has seen, by installation, to mask them wherever its words are kept. The memory
 * outlasts the run: warm code may hold a value that an earlier run read, and after a rotation the old one too. Code in
 * another process reads it there, so this process knows every value that its own executors can know.
 */
export class SecretMasks {
  readonly #seen = new Map<Id<'installation'>, Seen>();

  constructor(private readonly createMasker: CreateMasker) {}

  /**
   * Remembers a value that an installation's code is about to be given. Wait for it: only then everything that is kept
   * hides the value.
   */
  saw(installationId: Id<'installation'>, value: string): Promise<void> {
    const seen = this.#seen.get(installationId) ?? {
      values: new Map<string, Promise<void>>(),
      masker: this.createMasker(),
      before: undefined,
    };
    this.#seen.delete(installationId);
    this.#seen.set(installationId, seen);
    const known = seen.values.get(value);
    if (known) return known;
    if (seen.values.size >= maxValues) {
      seen.before = seen.masker;
      seen.masker = this.createMasker();
      seen.values.clear();
    }
    const learnt = seen.masker.add(value).then(() => this.#makeRoom(installationId));
    seen.values.set(value, learnt);
    return learnt;
  }

  /** What masks an installation's words, or `undefined` when it has seen no secret. */
  of(installationId: Id<'installation'>): Masker | undefined {
    const seen = this.#seen.get(installationId);
    if (!seen?.before) return seen?.masker;
    const { masker, before } = seen;
    return { text: (text) => masker.text(before.text(text)), json: (value: Json) => masker.json(before.json(value)) };
  }

  /** One with very many or very large secrets makes room by itself, before any that keeps to the usual. */
  #makeRoom(added: Id<'installation'>): void {
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= maxInstallations) break;
      this.#seen.delete(oldest);
    }
    let all = 0;
    for (const seen of this.#seen.values()) all += sizeOf(seen);
    while (all > maxSize) {
      const [largest] = [...this.#seen]
        .filter(([id]) => id !== added)
        .sort(([, one], [, other]) => sizeOf(other) - sizeOf(one));
      if (!largest) break;
      this.#seen.delete(largest[0]);
      all -= sizeOf(largest[1]);
    }
  }
}

function sizeOf({ masker, before }: Seen): number {
  return masker.size + (before?.size ?? 0);
}
