/** Which Annex a command talks to, and as whom: command line, then environment, then profile. */
import { createAnnex, type Annex } from '@annex/client';
import type { Environment } from './config.js';
import { CliFault, exitCodes, invalid } from './faults.js';
import { readProfiles } from './profiles.js';

/** Options that every command takes. */
export interface GlobalOptions {
  json?: boolean;
  profile?: string;
  url?: string;
  tenant?: string;
}

export interface Session {
  url: string;
  tenant: string | undefined;
  /** The profile it comes from; `undefined`: from command line and environment alone. */
  profile: string | undefined;
  annex: Annex;
}

/**
 * Throws `NOT_SIGNED_IN`, and `UNKNOWN_PROFILE` for a name that nobody signed in as. A token of the profile goes to the
 * profile's own address only: another address needs `ANNEX_TOKEN`.
 */
export async function openSession(options: GlobalOptions, environment: Environment): Promise<Session> {
  const { current, profiles } = await readProfiles(environment.configDir);
  const named = options.profile ?? environment.profile;
  const name = named ?? current;
  const profile = profiles[name];
  if (named !== undefined && profile === undefined)
    throw invalid(
      'UNKNOWN_PROFILE',
      `There is no profile ${JSON.stringify(named)}; "annex login --profile ${named}" makes it. ` +
        `There are: ${Object.keys(profiles).join(', ') || 'none'}.`,
    );
  const url = checkedUrl(options.url ?? environment.url ?? profile?.url);
  const isOwnUrl = profile !== undefined && url === checkedUrl(profile.url);
  const token = environment.token ?? (isOwnUrl ? profile.token : undefined);
  if (url === undefined || token === undefined)
    throw new CliFault(
      'NOT_SIGNED_IN',
      url === undefined
        ? 'You are not signed in. Run "annex login", or set ANNEX_URL and ANNEX_TOKEN.'
        : `There is no token for ${url}. Run "annex login ${url}", or set ANNEX_TOKEN.`,
      exitCodes.denied,
    );
  const tenant = options.tenant ?? environment.tenant ?? (isOwnUrl ? profile.tenant : undefined);
  const usesProfile = isOwnUrl && environment.token === undefined;
  return { url, tenant, profile: usesProfile ? name : undefined, annex: createAnnex({ url, token, tenant }) };
}

/** Without a slash at its end. Throws `URL_INVALID`. */
export function checkedUrl(text: string): string;
export function checkedUrl(text: string | undefined): string | undefined;
export function checkedUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(/^[\w.-]+(:\d+)?(\/|$)/.test(text) ? `http://${text}` : text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw invalid('URL_INVALID', `${JSON.stringify(text)} is no address; write one such as https://annex.example.com.`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
