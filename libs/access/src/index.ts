export { Access, type AccessOptions } from './access.js';
export { actorTypes, type ActorNames, type ActorView } from './actors.js';
export {
  systemCaller,
  systemPrincipal,
  type Caller,
  type Membership,
  type Principal,
  type Resolved,
  type TenantRef,
} from './caller.js';
export { accessErrors } from './errors.js';
export { networkOf, type LoginAnswer, type LoginInput } from './login.js';
export { type PlatformMail } from './platform-mail.js';
export { isRole, lesserRole, roleAtLeast, roles, type Role } from './roles.js';
export { type TenantAddress } from './tenant-resolution.js';
export { type NewTokenInput } from './api-tokens.js';
export { type NewUserInput, type UserChangeInput } from './users.js';
export {
  type InvitationView,
  type NewInvitationView,
  type OfferedInvitationView,
  type PrincipalView,
  type TenantPlace,
  type TenantView,
  type TokenView,
  type UserView,
} from './views.js';
export { TenantRow } from './rows/tenant-row.js';
export { UserRow } from './rows/user-row.js';
export { ApiTokenRow } from './rows/api-token-row.js';
export { OperatorRow } from './rows/operator-row.js';
export { findOperatorByEmail } from './rows/operators.js';
export { InvitationRow } from './rows/invitation-row.js';
export { PasswordResetRow } from './rows/password-reset-row.js';
export { SessionRow } from './rows/session-row.js';
export { IdentityRow } from './rows/identity-row.js';
export { type OidcSettings } from './oidc-sign-in/open-oidc-sign-in.js';
export { type ClaimMapping } from './oidc-sign-in/claims.js';
export { actorOf, noTenant, recordOnTenant, requireOperator } from './tenant-acts.js';
export { changedWholly, findTenantBySlug, lockTenantBySlug } from './rows/tenants.js';
export { tenantSlugShape } from './tenant-resolution.js';
export { tenantView } from './views.js';
