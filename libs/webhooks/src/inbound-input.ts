/** What may be said of a source of incoming webhooks, and what of it is kept. */
import { quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { hookLimits } from '@annex/limits';
import { requiredPathFault } from '@annex/events';
import { readCors, type CorsRules } from '@annex/manifest';
import { hmacAlgorithms, hmacContents, hmacEncodings, type HmacForm } from './hmac-forms.js';
import { hookPresets, type HookPreset } from './inbound-request.js';
import { signingKey } from './signatures.js';

export interface HookSourceInput {
  preset: HookPreset;
  /** Left out: it stays as it is. */
  secret?: string | undefined;
  /** What a sender brings that asks first (`hub.verify_token`). Left out: it stays as it is; `null`: none. */
  verifyToken?: string | null | undefined;
  header?: string | null | undefined;
  toleranceS?: number | undefined;
  /** The address that the sender was given, where that is signed too. */
  url?: string | null | undefined;
  /** How the preset `hmac` signs. */
  signature?: Partial<HmacForm> | null | undefined;
  /** Which pages of other origins may send; see `readCors` of `@annex/manifest`. */
  cors?: Json | undefined;
  /** Paths into its events that must not be empty, such as `data.body.action`. */
  require?: readonly string[] | undefined;
}

/** What is kept of a source beside its columns. */
export interface HookOptions {
  url?: string;
  signature?: Partial<HmacForm>;
  cors?: Json;
  require?: readonly string[];
}

export const sourcePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const keyed: ReadonlySet<HookPreset> = new Set(['standard-webhooks', 'svix', 'resend']);
const signsUrl: ReadonlySet<HookPreset> = new Set(['trello', 'square', 'hmac']);

export function optionsOf({ url, signature, cors, require = [] }: HookSourceInput): HookOptions {
  return {
    ...(url && { url }),
    ...(signature && { signature }),
    ...(cors !== undefined && cors !== null && { cors }),
    ...(require.length > 0 && { require: [...new Set(require)] }),
  };
}

export function readOptions(kept: JsonObject): HookOptions {
  return kept as HookOptions;
}

export function corsOf({ cors }: HookOptions): CorsRules | null {
  if (cors === undefined) return null;
  const reading = readCors(cors);
  return reading.ok ? reading.rules : null;
}

/** All that is wrong with it, each with its place. `hasSecret`: the source has one already. */
export function inputFaults(source: string, input: HookSourceInput, hasSecret: boolean): InputFault[] {
  const { preset, header, toleranceS } = input;
  const errors: InputFault[] = [];
  if (!sourcePattern.test(source))
    errors.push({
      pointer: '/source',
      code: 'FORMAT',
      detail: `${quote(source, 80)} must be 1 to 63 of a-z, 0-9, "_" and "-", beginning with a letter or digit`,
    });
  if (!hookPresets.includes(preset))
    errors.push({ pointer: '/preset', code: 'VALUE', detail: `write one of ${hookPresets.join(', ')}` });
  errors.push(...secretFaults(input, hasSecret), ...formFaults(input), ...requireFaults(input));
  if (header && !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(header))
    errors.push({ pointer: '/header', code: 'FORMAT', detail: 'is not the name of a header field' });
  if (toleranceS !== undefined && (!Number.isInteger(toleranceS) || toleranceS < 1 || toleranceS > 86_400))
    errors.push({
      pointer: '/tolerance_s',
      code: 'RANGE',
      detail: 'must be a whole number of seconds from 1 to 86400',
    });
  return errors;
}

function requireFaults({ require = [] }: HookSourceInput): InputFault[] {
  if (require.length > hookLimits.requiredPaths)
    return [
      {
        pointer: '/require',
        code: 'RANGE',
        detail: `has ${require.length} paths; at most ${hookLimits.requiredPaths}`,
      },
    ];
  return require.flatMap((path, index) => {
    const detail = requiredPathFault(path);
    return detail === undefined ? [] : [{ pointer: `/require/${index}`, code: 'FORMAT', detail }];
  });
}

function secretFaults({ preset, secret, verifyToken }: HookSourceInput, hasSecret: boolean): InputFault[] {
  const errors: InputFault[] = [];
  if (preset === 'none' && secret !== undefined)
    errors.push({
      pointer: '/secret',
      code: 'VALUE',
      detail: 'the preset "none" checks no signature; leave the secret out, or choose another preset',
    });
  if (preset !== 'none' && secret === undefined && !hasSecret)
    errors.push({
      pointer: '/secret',
      code: 'REQUIRED',
      detail: 'is required: the secret that the sender signs with, or sends along',
    });
  if (
    secret !== undefined &&
    (secret.length > 2048 || !secret.isWellFormed() || (keyed.has(preset) ? !signingKey(secret) : secret === ''))
  ) {
    errors.push({
      pointer: '/secret',
      code: 'FORMAT',
      detail: 'must be text of 1 to 2048 characters; behind "whsec_", base64',
    });
  }
  if (preset === 'basic' && secret !== undefined && !secret.includes(':'))
    errors.push({ pointer: '/secret', code: 'FORMAT', detail: 'must be "user:password", as the sender is told them' });
  if (
    typeof verifyToken === 'string' &&
    (verifyToken === '' || verifyToken.length > 500 || !verifyToken.isWellFormed())
  )
    errors.push({ pointer: '/verify_token', code: 'FORMAT', detail: 'must be text of 1 to 500 characters' });
  return errors;
}

function formFaults({ preset, url, signature, cors }: HookSourceInput): InputFault[] {
  const errors: InputFault[] = [];
  if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    errors.push({
      pointer: '/url',
      code: 'FORMAT',
      detail: 'is no address such as "https://annex.example.com/hooks/demo/trello"',
    });
  else if (url && !signsUrl.has(preset))
    errors.push({
      pointer: '/url',
      code: 'VALUE',
      detail: `is signed by ${[...signsUrl].join(', ')} only; leave it out`,
    });
  if (signature && preset !== 'hmac')
    errors.push({
      pointer: '/signature',
      code: 'VALUE',
      detail: 'is for the preset "hmac"; the others say it themselves',
    });
  const closed = { algorithm: hmacAlgorithms, encoding: hmacEncodings, signs: hmacContents } as const;
  for (const [key, values] of Object.entries(closed)) {
    const value = signature?.[key as keyof typeof closed];
    if (value !== undefined && !(values as readonly string[]).includes(value))
      errors.push({ pointer: `/signature/${key}`, code: 'VALUE', detail: `write one of ${values.join(', ')}` });
  }
  const reading = cors === undefined || cors === null ? undefined : readCors(cors);
  if (reading?.ok === false) errors.push({ pointer: '/cors', code: 'CORS', detail: reading.detail });
  return errors;
}
