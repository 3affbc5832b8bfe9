/** Settings as operators may see them: what is secret never leaves the process. */
import type { ShownSetting } from '@annex/operations';
import type { z } from 'zod';

/** Settings that are secret as a whole. */
const secretSettings = new Set([
  'ANNEX_MASTER_KEY',
  'ANNEX_MASTER_KEY_OLD',
  'ANNEX_JWT_SECRET',
  'ANNEX_JWT_SECRET_OLD',
  'ANNEX_ADMIN_PASSWORD',
  'ANNEX_OIDC_CLIENT_SECRET',
  'LLM_API_KEY',
  'ANNEX_NOTICES_WEBHOOK_SECRET',
  'ANNEX_NOTICES_WEBHOOK_URL',
  // Whoever has its path may post.
  'ANNEX_NOTICES_SLACK_URL',
  // Several addresses, each with a password.
  'ANNEX_ETCD_URL',
]);
const mask = '•••';
const secretParameter = /key|secret|token|password|pwd|credential|signature/i;

/** Every setting of the schema, in its order. `given`: what the environment says. */
export function showSettings(
  shape: Record<string, z.ZodType>,
  given: Record<string, string | undefined>,
): ShownSetting[] {
  return Object.entries(shape).map(([name, schema]) => {
    const text = given[name];
    const value = text ?? defaultOf(schema);
    const shown = value === null ? null : shownValue(name, value);
    return { name, value: shown, is_set: text !== undefined, is_secret: shown !== value };
  });
}

function defaultOf(schema: z.ZodType): string | null {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return null;
  return typeof parsed.data === 'string' ? parsed.data : JSON.stringify(parsed.data);
}

function shownValue(name: string, value: string): string {
  if (secretSettings.has(name)) return mask;
  if (URL.canParse(value)) return withoutSecrets(new URL(value), value);
  // Addresses with several hosts are no URLs.
  return value
    .replace(/^([a-z+]+:\/\/[^:@/]*):[^@/]*@/i, `$1:${mask}@`)
    .replace(/([?&])([^=&]+)=[^&]*/g, (whole, mark: string, name: string) =>
      secretParameter.test(name) ? `${mark}${name}=${mask}` : whole,
    );
}

/** A URL without its password and without parameters that are secret by their name. */
function withoutSecrets(url: URL, text: string): string {
  const secrets = [...url.searchParams.keys()].filter((name) => secretParameter.test(name));
  if (url.password === '' && secrets.length === 0) return text;
  if (url.password !== '') url.password = mask;
  for (const name of secrets) url.searchParams.set(name, mask);
  return url.toString().replaceAll(encodeURIComponent(mask), mask);
}
