import { parseId, type Clock, type Id } from '@annex/kernel';
import { jwtVerify, SignJWT } from 'jose';
import { SigningKeys, type SigningSecrets } from './signing-keys.js';

const ISSUER = 'annex';
const AUDIENCE = 'annex';

/** A row that the password fitted, and the version of that password. */
export interface Credential {
  id: Id<'user'>;
  version: number;
}

/** What a session says: which rows signed in. What they may do is read anew each time. */
export interface Session {
  id: Id<'session'>;
  users: Credential[];
  operator: Credential | null;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface SessionTokensOptions extends SigningSecrets {
  clock: Clock;
}

/** The tokens that signing in gives: JWT (RFC 7519) signed with HMAC-SHA-256. */
export class SessionTokens {
  readonly #keys: SigningKeys;

  /** Throws `RangeError` for a secret that is shorter than the hash (RFC 7518 §3.2). */
  constructor(private readonly options: SessionTokensOptions) {
    this.#keys = new SigningKeys(options, (secret) => new TextEncoder().encode(secret));
    if (this.#keys.current.key.length < 32)
      throw new RangeError('the secret that signs sessions must have at least 32 bytes');
  }

  issue({ id, users, operator, expiresAt }: Session): Promise<string> {
    const nowS = Math.floor(this.options.clock.now() / 1000);
    const { kid, key } = this.#keys.current;
    return new SignJWT({
      uids: users.map((user) => user.id),
      vers: users.map((user) => user.version),
      ...(operator ? { op: operator.id, opv: operator.version } : {}),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid })
      .setSubject(users[0]?.id ?? operator?.id ?? '')
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(nowS)
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .setJti(id)
      .sign(key);
  }

  /** What a token says. Throws whatever `jose` throws for a token that is forged, expired or not ours. */
  async verify(token: string): Promise<Session> {
    const { payload } = await this.#keys.open(token, (key) =>
      jwtVerify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: 'JWT',
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
        currentDate: new Date(this.options.clock.now()),
      }),
    );
    const ids = Array.isArray(payload.uids) ? (payload.uids as unknown[]) : [];
    const versions = Array.isArray(payload.vers) ? (payload.vers as unknown[]) : [];
    const id = parseId('session', payload.jti ?? '');
    if (id === undefined) throw new TypeError('the token names no session');
    const users = ids.flatMap((id, index) => credential(id, versions[index]) ?? []);
    return { id, users, operator: credential(payload.op, payload.opv) ?? null, expiresAt: (payload.exp ?? 0) * 1000 };
  }
}

function credential(id: unknown, version: unknown): Credential | undefined {
  const parsed = typeof id === 'string' ? parseId('user', id) : undefined;
  return parsed !== undefined && typeof version === 'number' ? { id: parsed, version } : undefined;
}
