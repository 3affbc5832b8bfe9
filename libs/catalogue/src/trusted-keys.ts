import { isAnnexError } from '@annex/kernel';
import type { PackageRule } from './package-policy.js';
import type { PublisherList } from './publisher-list.js';

/** Whose signatures count, on the wire. */
export interface TrustedKeysView {
  rule: PackageRule;
  items: {
    key_id: string;
    publisher: string;
    /** Slugs that it may sign, `*` at the end for all that begin so; `null`: all. */
    slugs: string[] | null;
    signs: ('packages' | 'catalogue')[];
    /** Why it counts no more; `null`: it does count. */
    revoked: string | null;
  }[];
  /** Keys that were listed once, which count as revoked. */
  former: string[];
  /** Why the list cannot be read; `null`: it was, or there is none. */
  problem: { code: string; message: string } | null;
}

/** What operators see of who may sign. */
export class TrustedKeys {
  /** `publishers`: where the list is read; `undefined`: the operator named none. */
  constructor(
    private readonly rule: PackageRule,
    private readonly publishers: PublisherList | undefined,
  ) {}

  /** The keys as they are listed now, or were when the list could be read last. What is wrong with it is answered. */
  async list(): Promise<TrustedKeysView> {
    const { rule } = this;
    try {
      const publishers = await this.publishers?.read();
      const items = (publishers?.keys ?? []).map(({ kid, publisher, slugs, signs, revoked }) => ({
        key_id: kid,
        publisher,
        slugs: slugs ? [...slugs] : null,
        signs: [...signs],
        revoked: revoked ?? null,
      }));
      return { rule, items, former: publishers?.former ?? [], problem: null };
    } catch (thrown) {
      if (!isAnnexError(thrown)) throw thrown;
      return { rule, items: [], former: [], problem: { code: thrown.code, message: thrown.detail } };
    }
  }
}
