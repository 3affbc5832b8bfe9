import type { Id } from './ids.js';

/** Who changes something, as audit trails name it. */
export interface Actor {
  /** `usr_…`, `tok_…`, `plugin:<slug>`, `system`, or `oidc:<subject>` of somebody without an account. */
  actor: string;
  /** Of which request. Left out: of none. */
  requestId?: string | undefined;
}

/** Somebody who asks in a tenant, already admitted to it. `@annex/access`'s `Caller` fits it. */
export interface TenantActor extends Actor {
  tenant: { id: Id<'tenant'>; slug: string };
}
