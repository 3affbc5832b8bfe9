import { roles, type ClaimMapping, type Role } from '@annex/access';
import { z } from 'zod';

const role = z.enum(roles as unknown as [Role, ...Role[]]);
const claim = z.string().min(1).max(200);
const schema = z.strictObject({
  tenant: claim,
  role: claim.optional(),
  roles: z.record(z.string().min(1).max(500), role).default({}),
  default_role: role.nullable().default(null),
});

/** Reads `ANNEX_OIDC_CLAIMS`: which claims put people into tenants, and as what. */
export function readClaimMapping(text: string): { mapping: ClaimMapping | undefined; problems: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { mapping: undefined, problems: ['must be JSON such as {"tenant":"org","default_role":"viewer"}'] };
  }
  const read = schema.safeParse(json);
  if (!read.success)
    return {
      mapping: undefined,
      problems: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    };
  const { tenant, role: group, roles: given, default_role: defaultRole } = read.data;
  if (group === undefined && defaultRole === null)
    return { mapping: undefined, problems: ['lets nobody in: give "role" with "roles", or "default_role"'] };
  return { mapping: { tenant, role: group, roles: given, defaultRole }, problems: [] };
}
