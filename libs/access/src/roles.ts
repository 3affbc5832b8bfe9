/** Roles in a tenant, from the least to the most. */
export const roles = ['viewer', 'member', 'developer', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

/** Whether a role reaches another. Anything that is no role reaches nothing, and nothing reaches it. */
export function roleAtLeast(have: Role, need: Role): boolean {
  const needed = roles.indexOf(need);
  return needed >= 0 && roles.indexOf(have) >= needed;
}

/** The lesser of two roles. */
export function lesserRole(one: Role, other: Role): Role {
  return roleAtLeast(one, other) ? other : one;
}

export function isRole(text: unknown): text is Role {
  return roles.some((role) => role === text);
}
