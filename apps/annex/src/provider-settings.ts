/** Settings of an OpenID provider: whose access tokens are accepted, and where people sign in. */
import type { OidcSettings } from '@annex/access';
import { z } from 'zod';
import { readClaimMapping } from './claim-mapping.js';
import { oneOf, optionalText, url } from './setting-kinds.js';

/** As the environment has them, beside all others. */
export const providerSettings = {
  ANNEX_OIDC_ISSUER: url(['https:', 'http:'], 'https://login.example.com').optional(),
  ANNEX_OIDC_AUDIENCE: optionalText,
  ANNEX_OIDC_CLIENT_ID: optionalText,
  ANNEX_OIDC_CLIENT_SECRET: optionalText,
  ANNEX_OIDC_SCOPES: z
    .string()
    .trim()
    .refine((text) => text.split(/\s+/).includes('openid'), { error: 'must hold openid, as in "openid email profile"' })
    .default('openid email profile'),
  ANNEX_OIDC_BUTTON: z
    .string()
    .trim()
    .min(1)
    .max(60, { error: 'must have at most 60 characters' })
    .default('Sign in with single sign-on'),
  ANNEX_OIDC_LINK: oneOf(['never', 'email']).default('never'),
  ANNEX_OIDC_CLAIMS: z
    .string()
    .transform((text, context) => {
      const { mapping, problems } = readClaimMapping(text);
      for (const message of problems) context.addIssue({ code: 'custom', message });
      return mapping;
    })
    .optional(),
};

type Environment = z.infer<z.ZodObject<typeof providerSettings>>;

/** Of the identity provider; `undefined`: there is none. */
export function oidcOf(env: Environment): OidcSettings | undefined {
  const { ANNEX_OIDC_ISSUER: issuer, ANNEX_OIDC_AUDIENCE: audience, ANNEX_OIDC_CLIENT_ID: clientId } = env;
  if (issuer === undefined) return undefined;
  const signIn = clientId !== undefined && {
    clientId,
    clientSecret: env.ANNEX_OIDC_CLIENT_SECRET,
    scopes: env.ANNEX_OIDC_SCOPES,
    button: env.ANNEX_OIDC_BUTTON,
    linksByEmail: env.ANNEX_OIDC_LINK === 'email',
    mapping: env.ANNEX_OIDC_CLAIMS,
  };
  return { issuer, audience, ...(signIn && { signIn }) };
}

/** What is wrong between the settings of the identity provider. */
export function oidcProblems(env: Environment): string[] {
  const problems: string[] = [];
  const { ANNEX_OIDC_ISSUER: issuer, ANNEX_OIDC_AUDIENCE: audience, ANNEX_OIDC_CLIENT_ID: clientId } = env;
  if (issuer === undefined && audience !== undefined)
    problems.push('ANNEX_OIDC_ISSUER: set it too, or neither of ANNEX_OIDC_ISSUER and ANNEX_OIDC_AUDIENCE');
  if (issuer === undefined && clientId !== undefined)
    problems.push('ANNEX_OIDC_ISSUER: set it too, or neither of ANNEX_OIDC_ISSUER and ANNEX_OIDC_CLIENT_ID');
  if (issuer !== undefined && audience === undefined && clientId === undefined)
    problems.push(
      'ANNEX_OIDC_AUDIENCE: set it too, or neither of ANNEX_OIDC_ISSUER and ANNEX_OIDC_AUDIENCE. For people to sign ' +
        'in at the provider set ANNEX_OIDC_CLIENT_ID',
    );
  if (clientId === undefined)
    for (const name of ['ANNEX_OIDC_CLIENT_SECRET', 'ANNEX_OIDC_CLAIMS'] as const)
      if (env[name] !== undefined) problems.push(`ANNEX_OIDC_CLIENT_ID: set it too, or not ${name}`);
  return problems;
}
