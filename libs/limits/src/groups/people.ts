import { DAY, HOUR, KiB, MiB, MINUTE } from '@annex/kernel';

/** Accounts, API tokens and sign-in. */
export const accountLimits = {
  /** API tokens that one user may hold in a tenant. */
  tokens: 100,
  /** The life of a token that ends: ten years. */
  tokenLifeS: 315_360_000,
  /** A bearer token that is looked at. */
  bearerChars: 8192,
  /** Tenants that one identity opens. */
  tenants: 50,
  /** Fewest characters of a password (NIST SP 800-63B §5.1.1.2). */
  fewestPasswordChars: 8,
  /** A password, so that hashing it stays cheap. */
  passwordBytes: KiB,
  /** Accounts of one e-mail address that a password is tried against; name the tenant to reach the others. */
  accountsTried: 10,
  /** Sessions that are shown; whoever has more ends them all. */
  shownSessions: 200,
  /** What a tenant’s people are told about an operator’s act: why it is suspended, or entered for support. */
  reasonChars: 500,
} as const;

/** Guesses, and mails asked for. Further ones are refused until the time is over. */
export const guessLimits = {
  /** Sign-ins for one address and e-mail. */
  signIns: { points: 10, duration: 300 },
  /**
   * Failed sign-ins of one address, whatever the e-mail; who has signed in from there before is not held up by them.
   */
  failedSignIns: { points: 100, duration: 300 },
  /** Tries of the present password by one person. */
  ownPassword: { points: 10, duration: 300 },
  /** Tokens of invitations that one network gets wrong. */
  invitationTokens: { points: 20, duration: 300 },
  /** Tokens of password links that one network gets wrong. */
  resetTokens: { points: 20, duration: 300 },
  /** Sign-ins through the identity provider that one network begins. */
  oidcBegun: { points: 60, duration: 300 },
  /** Answers of the identity provider that one network brings and that are not good. */
  oidcAnswers: { points: 20, duration: 300 },
  /** Password links asked for by one network. */
  resetsByNetwork: { points: 20, duration: 900 },
  /** Password links asked for one address, from wherever. */
  resetsForAddress: { points: 5, duration: 900 },
} as const;

/** Signing in through the identity provider. */
export const oidcLimits = {
  /** The time that somebody has at the provider. */
  signInMs: 600_000,
  /** One answer of the provider. */
  answerBytes: MiB,
  /** What the provider sends a browser back with. */
  parameterChars: 8192,
  /** What the browser keeps meanwhile. */
  cookieChars: 3000,
  /** How long one request to the provider may take. */
  requestMs: 5000,
} as const;

/** Operators in somebody's tenant. */
export const supportLimits = {
  /** The longest that one entry lasts, in minutes. */
  longestMinutes: 240,
  /** The length of one where nothing else is asked for, in minutes. */
  minutes: 60,
  /** Tokens of operators in a tenant; those that have run out go first. */
  tokens: 100,
} as const;

/** Invitations of a tenant. */
export const invitationLimits = {
  /** How long one may be accepted. */
  lifeMs: 7 * DAY,
  /** Open ones of a tenant; further ones are refused with `INVITATION_LIMIT`. */
  open: 500,
  /** Made by a tenant in an hour; further ones are refused with `RATE_LIMITED`. */
  perHour: 100,
  /** Times that one may be sent anew. */
  sends: 20,
  /** The time between two of these. */
  pauseMs: MINUTE,
} as const;

/** Links that give a new password. */
export const passwordResetLimits = {
  /** How long one may be used. */
  lifeMs: HOUR,
  /** Links of one account in that time, in all processes together; no further mail is sent then. */
  counted: 5,
  /** The time in which they are counted. */
  countedMs: HOUR,
  /** Mails that one process sends at once; further requests are refused with `OVERLOADED`. */
  atOnce: 50,
} as const;
