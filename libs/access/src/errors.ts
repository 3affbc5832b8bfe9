import { defineErrors, type InputFault } from '@annex/kernel';

export const accessErrors = defineErrors('access', {
  UNAUTHENTICATED: { title: 'Authentication required', status: 401, fault: 'caller' },
  INVALID_CREDENTIALS: { title: 'E-mail address or password is wrong', status: 401, fault: 'caller' },
  RATE_LIMITED: { title: 'Too many requests', status: 429, fault: 'limit' },
  OVERLOADED: { title: 'The server is busy', status: 503, fault: 'platform' },
  IDENTITY_PROVIDER_UNAVAILABLE: { title: 'The identity provider does not answer', status: 503, fault: 'platform' },
  SIGN_IN_NOT_SET_UP: { title: 'No identity provider is set up', status: 404, fault: 'platform' },
  SIGN_IN_INVALID: { title: 'The sign-in is not good', status: 400, fault: 'caller' },
  SIGN_IN_REFUSED: { title: 'The identity provider refused', status: 403, fault: 'caller' },
  NO_ACCOUNT: { title: 'No account for this person', status: 403, fault: 'policy' },
  FORBIDDEN: { title: 'Not allowed', status: 403, fault: 'caller' },
  TENANT_FORBIDDEN: { title: 'Not your tenant', status: 403, fault: 'caller' },
  TENANT_DELETED: { title: 'The tenant was deleted', status: 403, fault: 'policy' },
  TENANT_SUSPENDED: { title: 'The tenant is suspended', status: 403, fault: 'policy' },
  TENANT_ERASING: { title: 'The tenant is being erased', status: 409, fault: 'caller' },
  TENANT_REQUIRED: { title: 'A tenant must be named', status: 400, fault: 'caller' },
  TENANT_CONFLICT: { title: 'The request names two tenants', status: 400, fault: 'caller' },
  NOT_FOUND: { title: 'Not found', status: 404, fault: 'caller' },
  INVALID_INPUT: { title: 'The input is not valid', status: 422, fault: 'caller' },
  SLUG_TAKEN: { title: 'The slug is taken', status: 409, fault: 'caller' },
  EMAIL_TAKEN: { title: 'The e-mail address is taken', status: 409, fault: 'caller' },
  LAST_OWNER: { title: 'A tenant needs an owner', status: 409, fault: 'policy' },
  INVITATION_INVALID: { title: 'The invitation is not good', status: 404, fault: 'caller' },
  INVITATION_EXISTS: { title: 'The address is invited already', status: 409, fault: 'caller' },
  INVITATION_ENDED: { title: 'The invitation has ended', status: 409, fault: 'caller' },
  INVITATION_LIMIT: { title: 'Too many invitations', status: 409, fault: 'limit' },
  RESET_INVALID: { title: 'The link for a new password is not good', status: 404, fault: 'caller' },
  MAIL_NOT_SET_UP: { title: 'No mail is sent here', status: 503, fault: 'platform' },
  TOKEN_LIMIT: { title: 'Too many API tokens', status: 409, fault: 'limit' },
});

/** 401 with the challenge that RFC 9110 §11.6.1 asks for. */
export function unauthenticated(detail: string, cause?: unknown): Error {
  return accessErrors.error('UNAUTHENTICATED', detail, { headers: { 'www-authenticate': 'Bearer' }, cause });
}

/** What everybody gets who wants into a tenant in its time of grace. */
export function tenantDeleted(slug: string, erasesAt: Date): Error {
  const when = erasesAt.toISOString();
  return accessErrors.error(
    'TENANT_DELETED',
    `The tenant ${slug} was deleted: nobody enters it, nothing of it runs, and its data is erased from ${when} on. ` +
      `Until then a platform operator can take it back with POST /api/tenants/${slug}/restore.`,
    {
      extra: { erases_at: when },
    },
  );
}

/** What everybody but operators gets who wants into a tenant that is suspended. */
export function tenantSuspended(slug: string, reason: string): Error {
  return accessErrors.error(
    'TENANT_SUSPENDED',
    `The tenant ${slug} is suspended: ${reason} Nobody enters it and nothing of it is started; what waits is kept. ` +
      `A platform operator lets it go on with POST /api/tenants/${slug}/resume.`,
    { extra: { reason } },
  );
}

/** Throws `INVALID_INPUT` with every fault, unless there is none. */
export function refuseFaults(faults: InputFault[]): void {
  if (faults.length === 0) return;
  throw accessErrors.error('INVALID_INPUT', faults.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; '), {
    errors: faults,
  });
}
