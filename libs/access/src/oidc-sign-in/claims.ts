/** What an identity provider says of somebody, and what follows from it. */
import type { JsonObject } from '@annex/kernel';
import { accountLimits } from '@annex/limits';
import { isEmail } from '../email.js';
import { roleAtLeast, type Role } from '../roles.js';
import { nameFaults } from '../user-rules.js';

/** Which claims say where somebody belongs. */
export interface ClaimMapping {
  /** The claim with the tenant's slug, or several. `a.b` is the member `b` of the claim `a`. */
  tenant: string;
  /** The claim with groups. Default: none. */
  role?: string | undefined;
  /** The role of each group. */
  roles: Readonly<Record<string, Role>>;
  /** Of whoever is in none of the groups; `null`: they are not let in. */
  defaultRole: Role | null;
}

/** Where claims put somebody: as what, into which tenants (slugs). */
export interface ClaimedPlaces {
  role: Role | null;
  tenants: string[];
}

/** Where somebody belongs by their claims. */
export function readPlaces(claims: JsonObject, mapping: ClaimMapping): ClaimedPlaces {
  const groups = mapping.role === undefined ? [] : textsOf(claims, mapping.role);
  const given = groups.flatMap((group) => (Object.hasOwn(mapping.roles, group) ? (mapping.roles[group] ?? []) : []));
  const highest = given.reduce<Role | null>(
    (best, role) => (best !== null && roleAtLeast(best, role) ? best : role),
    null,
  );
  return {
    role: highest ?? mapping.defaultRole,
    tenants: textsOf(claims, mapping.tenant).slice(0, accountLimits.tenants),
  };
}

/** The address, if the provider says that it has verified it. Only ASCII: others could fold onto somebody else's. */
export function verifiedEmail(claims: JsonObject): string | null {
  const { email, email_verified: verified } = claims;
  const isVerified = verified === true || verified === 'true';
  return isVerified && typeof email === 'string' && isEmail(email) ? email : null;
}

/** What somebody is called; `null`: the provider says nothing that can be shown. */
export function nameIn({ name }: JsonObject): string | null {
  return typeof name === 'string' && nameFaults(name).length === 0 ? name : null;
}

/** Whether the claims leave out what is wanted, so that the provider has to be asked for more. */
export function lacksClaims(claims: JsonObject, mapping: ClaimMapping | undefined): boolean {
  const wanted = ['email', 'email_verified', ...(mapping ? [mapping.tenant, mapping.role ?? mapping.tenant] : [])];
  return wanted.some((name) => valueOf(claims, name) === undefined);
}

function textsOf(claims: JsonObject, name: string): string[] {
  const value = valueOf(claims, name);
  const texts = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
  return [...new Set(texts)];
}

/** A claim by its name, as it stands or as a path: names may hold dots themselves. */
function valueOf(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      claims,
    );
}
