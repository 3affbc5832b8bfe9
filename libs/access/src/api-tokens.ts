import {
  newId,
  parseId,
  quote,
  type Clock,
  type Id,
  type InputFault,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import { accountLimits } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import { countApiTokens, deleteApiToken, findApiToken, insertApiToken, listApiTokens } from './rows/api-tokens.js';
import type { ApiTokenRow } from './rows/api-token-row.js';
import type { Change, Database, TenantTransaction } from '@annex/database';
import { hashApiToken, makeApiToken } from './api-token-text.js';
import { userIdOf, type Caller } from './caller.js';
import { accessErrors, refuseFaults } from './errors.js';
import { onePage } from './pages.js';
import { isRole, roleAtLeast, roles, type Role } from './roles.js';
import { tokenView, type TokenView } from './views.js';

export interface NewTokenInput {
  name: string;
  /** Default: the caller's own. Never above it. */
  role?: Role | undefined;
  /** Default: never expires. A token made with a token never outlives it. */
  expiresInS?: number | undefined;
  /**
   * Keeps the operator's right to act in every tenant, as owner; only operators make such a token. It ends with the
   * operator. Default: no.
   */
  operator?: boolean | undefined;
}

export interface TokensOptions {
  database: Database;
  clock: Clock;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

/** API tokens: everybody has the own ones, admins see and revoke all of the tenant's. */
export class ApiTokens {
  constructor(private readonly options: TokensOptions) {}

  /** The only time the token itself is shown. Throws `INVALID_INPUT`, `FORBIDDEN`, `TOKEN_LIMIT`. */
  async create(
    caller: Caller,
    { name, role = caller.role, expiresInS, operator = false }: NewTokenInput,
  ): Promise<TokenView & { token: string }> {
    const { principal } = caller;
    if (operator && (!principal.operator || principal.operatorId === null))
      throw accessErrors.error(
        'FORBIDDEN',
        'Only platform operators make tokens that act in every tenant. Leave `operator` out.',
      );
    refuseFaults(inputFaults({ name, role, expiresInS, operator }));
    if (!roleAtLeast(caller.role, role))
      throw accessErrors.error('FORBIDDEN', `A token cannot have the role ${role}: yours is ${caller.role}.`);
    const now = this.options.clock.now();
    const ends = [
      expiresInS === undefined ? Infinity : now + expiresInS * 1000,
      principal.tokenId === null ? Infinity : (principal.expiresAt ?? Infinity),
    ];
    const endsAt = Math.min(...ends);
    const token = makeApiToken();
    const userId = userIdOf(caller);
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      if ((await countApiTokens(tx, userId)) >= accountLimits.tokens) {
        throw accessErrors.error(
          'TOKEN_LIMIT',
          `There are ${accountLimits.tokens} API tokens already, the most one user may have. Revoke some first.`,
        );
      }
      const row = await insertApiToken(tx, {
        id: newId('token', now),
        userId,
        operatorId: operator ? principal.operatorId : null,
        name,
        role,
        tokenHash: hashApiToken(token),
        expiresAt: endsAt === Infinity ? null : new Date(endsAt),
      });
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'token.created',
        target: row.id,
        detail: { name, role, ...(operator && { operator }) },
        requestId: caller.requestId,
      });
      return { ...tokenView(row), token };
    });
  }

  /** The caller's own tokens; all of the tenant's for an admin. */
  async list(caller: Caller, page: PageRequest): Promise<Page<TokenView>> {
    const own = ownOnly(caller);
    if (own === null) return { items: [], next_cursor: null };
    return this.options.database.forTenant(caller.tenant.id).transaction((tx) =>
      onePage('token', page, {
        read: (part) => listApiTokens(tx, { ...part, ...(own === undefined ? {} : { userId: own }) }),
        view: tokenView,
      }),
    );
  }

  /** One token, never its text. Throws `NOT_FOUND`, also for somebody else's. */
  async get(caller: Caller, id: string): Promise<TokenView> {
    return this.options.database
      .forTenant(caller.tenant.id)
      .transaction(async (tx) => tokenView(await requireToken(tx, caller, id)));
  }

  /** Revokes a token at once. Throws `NOT_FOUND`, also for somebody else's. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const row = await requireToken(tx, caller, id);
      await deleteApiToken(tx, row.id);
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'token.deleted',
        target: row.id,
        detail: { name: row.name, role: row.role },
        requestId: caller.requestId,
      });
      await tx.changed('tokens');
      tx.afterCommit(() => this.options.forget({ tenantId: tx.tenantId, what: 'tokens' }));
    });
  }
}

/** A token that the caller may see: an own one, the very one it came with, or for an admin any of the tenant's. */
async function requireToken(tx: TenantTransaction, caller: Caller, id: string): Promise<ApiTokenRow> {
  const target = parseId('token', id);
  const row = target === undefined ? undefined : await findApiToken(tx, target);
  const own = ownOnly(caller);
  if (!row || (own !== undefined && row.userId !== own && caller.principal.tokenId !== row.id)) throw notFound(id);
  return row;
}

/** Whose tokens a caller may see: `undefined` for all, `null` for nobody's. */
function ownOnly(caller: Caller): Id<'user'> | null | undefined {
  return roleAtLeast(caller.role, 'admin') ? undefined : userIdOf(caller);
}

function inputFaults({
  name,
  role,
  expiresInS,
  operator,
}: {
  name: string;
  role: string;
  expiresInS: number | undefined;
  operator: boolean;
}): InputFault[] {
  const faults: InputFault[] = [];
  if (name.trim() === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
    faults.push({
      pointer: '/name',
      code: 'INVALID_NAME',
      detail: 'must be 1 to 100 characters without control characters',
    });
  }
  if (!isRole(role))
    faults.push({ pointer: '/role', code: 'INVALID_ROLE', detail: `must be one of ${roles.join(', ')}` });
  else if (operator && role !== 'owner')
    faults.push({
      pointer: '/role',
      code: 'INVALID_ROLE',
      detail: 'must be left out with `operator`: such a token acts as owner everywhere',
    });
  if (
    expiresInS !== undefined &&
    !(Number.isInteger(expiresInS) && expiresInS >= 1 && expiresInS <= accountLimits.tokenLifeS)
  ) {
    faults.push({
      pointer: '/expires_in_s',
      code: 'INVALID_EXPIRY',
      detail:
        `must be a whole number of seconds from 1 to ${accountLimits.tokenLifeS}; ` +
        'leave it out for a token that does not expire',
    });
  }
  return faults;
}

function notFound(id: string): Error {
  return accessErrors.error('NOT_FOUND', `You have no API token ${quote(id, 40)}. GET /api/tokens lists them.`);
}
