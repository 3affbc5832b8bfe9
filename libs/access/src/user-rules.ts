/** Who may make and change users, and what is wrong with what they say. */
import type { InputFault } from '@annex/kernel';
import type { Caller } from './caller.js';
import { accessErrors } from './errors.js';
import { isRole, roleAtLeast, roles, type Role } from './roles.js';

export function requireAdmin(caller: Caller): void {
  if (roleAtLeast(caller.role, 'admin')) return;
  throw accessErrors.error('FORBIDDEN', `Changing users needs the role admin; yours is ${caller.role}.`);
}

/** Nobody gives a role above the own one, or touches somebody who has it. */
export function requireReach(caller: Caller, role: Role): void {
  if (roleAtLeast(caller.role, role)) return;
  throw accessErrors.error('FORBIDDEN', `Your role ${caller.role} does not reach ${role}. Ask somebody who has it.`);
}

export function roleFaults(role: string): InputFault[] {
  return isRole(role) ? [] : [{ pointer: '/role', code: 'INVALID_ROLE', detail: `must be one of ${roles.join(', ')}` }];
}

/** What is wrong with what somebody is called; nothing is wrong with none. */
export function nameFaults(name: string | null | undefined): InputFault[] {
  if (name === null || name === undefined) return [];
  const isOne = name.trim() !== '' && name.length <= 100 && !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u.test(name);
  return isOne
    ? []
    : [
        {
          pointer: '/name',
          code: 'INVALID_NAME',
          detail: 'must be 1 to 100 characters without control characters; null takes it back',
        },
      ];
}

export function emailTaken(email?: string): Error {
  return accessErrors.error(
    'EMAIL_TAKEN',
    `A user of this tenant has ${email ? `the address ${email}` : 'this address'} already.`,
    {
      errors: [{ pointer: '/email', code: 'EMAIL_TAKEN', detail: 'is taken' }],
    },
  );
}
