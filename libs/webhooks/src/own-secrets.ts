import type { Id, SealedValue } from '@annex/kernel';
import { secretLimits } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import type { SecretsPort } from './ports.js';

/** What is sealed of a webhook that a tenant registered itself, and of a source of incoming ones. */
export interface OwnSecrets {
  /** `null`: an incoming source that does not sign. */
  secret: string | null;
  /** The one before, which holds for a day more. */
  previous: { secret: string; untilMs: number } | null;
  headers: Record<string, string>;
  /** What the sender of an incoming source brings when it asks first; left out or `null`: nothing. */
  verifyToken?: string | null;
}

export const sealedAs = {
  webhook: (id: Id<'webhook'>): string => `webhook/${id}`,
  source: (source: string): string => `hook/${source}`,
};

export async function sealOwn(
  vault: SecretsPort,
  tx: TenantTransaction,
  what: string,
  own: OwnSecrets,
): Promise<SealedValue> {
  return vault.seal(tx, what, JSON.stringify(own));
}

export async function unsealOwn(
  vault: SecretsPort,
  tx: TenantTransaction,
  what: string,
  sealed: SealedValue | null,
): Promise<OwnSecrets> {
  if (!sealed) return { secret: null, previous: null, headers: {} };
  return JSON.parse(await vault.unseal(tx, what, sealed)) as OwnSecrets;
}

/** The same with another secret; the one before stays valid for a day. */
export function withNewSecret(own: OwnSecrets, secret: string, nowMs: number): OwnSecrets {
  if (own.secret === secret) return own;
  return {
    ...own,
    secret,
    previous: own.secret === null ? null : { secret: own.secret, untilMs: nowMs + secretLimits.replacedForMs },
  };
}

/** The secrets that hold now, the present one first. */
export function validSecrets({ secret, previous }: OwnSecrets, nowMs: number): string[] {
  return [...(secret === null ? [] : [secret]), ...(previous && previous.untilMs > nowMs ? [previous.secret] : [])];
}
