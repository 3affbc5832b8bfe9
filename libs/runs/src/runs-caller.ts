import type { TenantTransaction } from '@annex/database';
import type { TenantActor } from '@annex/kernel';

/** Who asks, and what is to be done with it. */
export interface RunsCaller<Done = unknown> extends TenantActor {
  /**
   * Called with what was done, in the transaction that does it: what it writes is kept together with that or not at
   * all, and a throw undoes both.
   */
  beforeCommit?(tx: TenantTransaction, done: Done): Promise<void>;
}
