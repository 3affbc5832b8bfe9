import type { ActorNames, ActorView } from './actors.js';
import type { ApiTokenRow } from './rows/api-token-row.js';
import type { InvitationMail, InvitationRow } from './rows/invitation-row.js';
import type { InvitationStatus } from './rows/invitations.js';
import type { Session } from './rows/sessions.js';
import type { SuspensionScope, TenantRow } from './rows/tenant-row.js';
import type { UserRow } from './rows/user-row.js';
import type { Membership, Principal } from './caller.js';
import type { Role } from './roles.js';

/** What the API answers, with wire names. */
export interface TenantView {
  id: string;
  slug: string;
  name: string;
  /** IANA zone in which its people read times. */
  timezone: string;
  /** Turns of background work where a tenant of weight 1 gets one. */
  weight: number;
  /** Background runs that it may always have at once. */
  background_concurrency: number;
  /** Limits of this tenant alone; GET /api/usage shows all that hold. */
  quotas: Record<string, number>;
  /** It was deleted: by whom, and from when on its data goes. `null`: it lives. */
  deletion: { requested_at: string; by: string; erases_at: string } | null;
  /** An operator keeps it at a standstill: since when, who, why and how much of it. `null`: it goes on. */
  suspension: { since: string; by: string; reason: string; scope: SuspensionScope } | null;
  created_at: string;
  updated_at: string;
}

export interface UserView {
  id: string;
  email: string;
  /** What they are called; `null`: by their address. */
  name: string | null;
  role: Role;
  /** `false`: signs in through the identity provider only. */
  has_password: boolean;
  created_at: string;
  updated_at: string;
}

export interface TokenView {
  id: string;
  name: string;
  role: Role;
  /** Acts in every tenant, as the operator who made it. */
  operator: boolean;
  user_id: string | null;
  expires_at: string | null;
  last_used_at: string | null;
  created_at: string;
}

/** A sign-in with a password. */
export interface SessionView {
  id: string;
  /** Whether it is the one that the request came with. */
  current: boolean;
  /** The client's network address and what it called itself, as it signed in. */
  address: string;
  user_agent: string | null;
  created_at: string;
  expires_at: string;
}

export interface TenantPlace {
  id: string;
  slug: string;
  name: string;
  role: Role;
  /** It was deleted, and its data goes from then on. */
  erases_at?: string;
  /** Why its people cannot enter it: it is suspended. */
  suspended?: string;
}

/** Who a token belongs to. */
export interface PrincipalView {
  actor: string;
  user: { id: string; email: string | null; operator: boolean } | null;
  tenants: TenantPlace[];
  expires_at: string | null;
}

export function tenantView(row: TenantRow): TenantView {
  const { id, slug, name, timezone, weight, backgroundConcurrency, quotas, deletedAt, deletedBy, eraseAfter } = row;
  const deletion = deletedAt &&
    eraseAfter && {
      requested_at: deletedAt.toISOString(),
      by: deletedBy ?? 'system',
      erases_at: eraseAfter.toISOString(),
    };
  return {
    id,
    slug,
    name,
    timezone,
    weight,
    background_concurrency: backgroundConcurrency,
    quotas,
    deletion,
    suspension: suspensionOf(row),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function suspensionOf({ suspendedAt, suspendedBy, suspendReason, suspendScope }: TenantRow): TenantView['suspension'] {
  if (suspendedAt === null || suspendedBy === null || suspendReason === null || suspendScope === null) return null;
  return { since: suspendedAt.toISOString(), by: suspendedBy, reason: suspendReason, scope: suspendScope };
}

export function userView(row: UserRow): UserView {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    has_password: row.passwordHash !== null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function tokenView(row: ApiTokenRow): TokenView {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    operator: row.operatorId !== null,
    user_id: row.userId,
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}

export function sessionView(row: Session, current: string | null): SessionView {
  return {
    id: row.id,
    current: row.id === current,
    address: row.address,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  };
}

/** The tenants somebody belongs to, with the role in force there. */
export function tenantPlaces({
  memberships,
  operator,
}: {
  memberships: readonly Membership[];
  operator: boolean;
}): TenantPlace[] {
  return memberships.map(({ tenant: { erasesAt, shutFor, ...tenant }, role }) => ({
    ...tenant,
    role: operator ? 'owner' : role,
    ...(erasesAt && { erases_at: erasesAt.toISOString() }),
    ...(shutFor !== undefined && { suspended: shutFor }),
  }));
}

export function principalView(principal: Principal): PrincipalView {
  const id = principal.memberships[0]?.userId ?? principal.operatorId;
  return {
    actor: principal.actor,
    user: id === null || id === undefined ? null : { id, email: principal.email, operator: principal.operator },
    tenants: tenantPlaces(principal),
    expires_at: principal.expiresAt === null ? null : new Date(principal.expiresAt).toISOString(),
  };
}

export interface InvitationView {
  id: string;
  email: string;
  role: Role;
  status: InvitationStatus;
  invited_by: ActorView;
  /** How the latest mail went; `none`: none was sent. */
  mail: InvitationMail;
  sent_at: string | null;
  expires_at: string;
  accepted_at: string | null;
  /** Who it became. */
  user_id: string | null;
  revoked_at: string | null;
  created_at: string;
  updated_at: string;
}

/** With the token and link, where no mail took them to the one who is invited. */
export type NewInvitationView = InvitationView & { token?: string; url?: string };

/** What whoever holds a token sees before accepting. */
export interface OfferedInvitationView {
  tenant: { slug: string; name: string };
  email: string;
  role: Role;
  /** A name or address; `null`: somebody who is gone. */
  invited_by: string | null;
  expires_at: string;
}

export function invitationView(row: InvitationRow, names: ActorNames, now: Date): InvitationView {
  return {
    id: row.id,
    email: row.email,
    role: row.role as Role,
    status: statusOf(row, now),
    invited_by: names.of(row.invitedBy),
    mail: row.mail,
    sent_at: row.sentAt?.toISOString() ?? null,
    expires_at: row.expiresAt.toISOString(),
    accepted_at: row.acceptedAt?.toISOString() ?? null,
    user_id: row.userId,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function statusOf({ acceptedAt, revokedAt, expiresAt }: InvitationRow, now: Date): InvitationStatus {
  if (acceptedAt !== null) return 'accepted';
  if (revokedAt !== null) return 'revoked';
  return expiresAt > now ? 'open' : 'expired';
}

/** Somebody's own account. */
export interface ProfileView {
  /** Of the first tenant's user; `null`: of an operator, or somebody whom the identity provider alone knows. */
  id: string | null;
  email: string | null;
  /** The first that any of the tenants has. */
  name: string | null;
  operator: boolean;
  /** Whether a password is kept here, in any of the tenants. */
  has_password: boolean;
  tenants: TenantPlace[];
  /** How they signed in. */
  signed_in_with: 'password' | 'identity_provider';
  expires_at: string | null;
}

export function profileView(
  principal: Principal,
  rows: readonly { name: string | null; has_password: boolean }[],
): ProfileView {
  return {
    id: principal.memberships[0]?.userId ?? principal.operatorId,
    email: principal.email,
    name: rows.find(({ name }) => name !== null)?.name ?? null,
    operator: principal.operator,
    has_password: rows.some((row) => row.has_password) || (principal.operatorId !== null && rows.length === 0),
    tenants: tenantPlaces(principal),
    signed_in_with: principal.sessionId === null ? 'identity_provider' : 'password',
    expires_at: principal.expiresAt === null ? null : new Date(principal.expiresAt).toISOString(),
  };
}
