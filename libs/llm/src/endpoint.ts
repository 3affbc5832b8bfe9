import { secretMayGoTo } from '@annex/host-api';
import { llmErrors } from './errors.js';

/** What an operator says once for everybody. What is left out has no default but the model's, which a call may name. */
export interface OperatorEndpoint {
  /** Such as `https://llm.example.com/v1`. Default: OpenAI's, when there is a key. */
  baseUrl?: string | undefined;
  /** Left out: the endpoint wants none. */
  apiKey?: string | undefined;
  model?: string | undefined;
}

/** Where a call goes, and with what key. */
export interface Endpoint {
  baseUrl: string;
  apiKey: string | undefined;
  model: string;
  /** Whether a tenant chose the URL: then addresses are checked, and its failures are not the platform's. */
  isTenantUrl: boolean;
  /** Whether the operator's key pays. */
  isOperatorKey: boolean;
}

/** A tenant-wide secret, and the hosts to which it may go (none named: any). */
export interface TenantSetting {
  value: string;
  allowedHosts: readonly string[];
}

/** The tenant-wide secrets that say where a tenant's calls go. */
export const tenantSettingNames = ['LLM_BASE_URL', 'LLM_API_KEY', 'LLM_MODEL'] as const;

/** Where OpenAI's own API is. */
export const openAiUrl = 'https://api.openai.com/v1';

/**
 * Chooses endpoint, key and model. Each of a tenant's settings wins over the operator's; but the operator's key never
 * goes to a URL that the tenant chose, or a tenant could read it there. Throws `LLM_NOT_CONFIGURED`.
 * @param asked the model that the call itself names
 */
export function chooseEndpoint(
  operator: OperatorEndpoint,
  settings: ReadonlyMap<string, TenantSetting>,
  asked: string | undefined,
): Endpoint {
  const tenantUrl = settings.get('LLM_BASE_URL')?.value.trim();
  const tenantKey = settings.get('LLM_API_KEY')?.value.trim();
  const isTenantUrl = tenantUrl !== undefined;
  const apiKey = tenantKey ?? (isTenantUrl ? undefined : operator.apiKey);
  const baseUrl = tenantUrl ?? operator.baseUrl ?? (apiKey === undefined ? undefined : openAiUrl);
  if (baseUrl === undefined) {
    throw llmErrors.error(
      'LLM_NOT_CONFIGURED',
      'No language model is configured. An admin sets the tenant-wide secrets LLM_API_KEY, LLM_MODEL and, for ' +
        'another provider, LLM_BASE_URL; or the operator sets them for everybody.',
    );
  }
  const url = URL.parse(baseUrl);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw llmErrors.error(
      'LLM_NOT_CONFIGURED',
      'LLM_BASE_URL is not a URL such as https://llm.example.com/v1, without a user name in it. Set it anew.',
    );
  }
  for (const [name, { allowedHosts }] of settings) {
    if (!secretMayGoTo(allowedHosts, url))
      throw llmErrors.error(
        'LLM_NOT_CONFIGURED',
        `The secret ${name} may go to ${allowedHosts.join(', ')} only, not to ${url.host}. An admin changes its ` +
          'allowed_hosts, or LLM_BASE_URL.',
      );
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(apiKey)) {
    throw llmErrors.error(
      'LLM_NOT_CONFIGURED',
      'LLM_API_KEY holds a space, a line break or a character outside ASCII, so it cannot be sent. Set it anew.',
    );
  }
  const model = asked ?? settings.get('LLM_MODEL')?.value.trim() ?? operator.model;
  if (model === undefined)
    throw llmErrors.error(
      'LLM_NOT_CONFIGURED',
      'No model is named. Name one in the call (`model`), or an admin sets the tenant-wide secret LLM_MODEL.',
    );
  return { baseUrl, apiKey, model, isTenantUrl, isOperatorKey: tenantKey === undefined && !isTenantUrl };
}
