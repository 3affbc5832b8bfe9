/** What an operator's file of plugins says, with what it takes from the environment. Pure: nothing is looked up. */
import { explainIssue } from '@annex/host-api';
import { didYouMean, isJsonObject, jsonPointer, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { readYaml } from '@annex/manifest';
import { z } from 'zod';

const wanted = z.strictObject({
  enabled: z.boolean().optional(),
  grant: z.union([z.literal('all'), z.array(z.string()).max(50)]).optional(),
  config: z.custom<JsonObject>(isJsonObject, 'must be an object').optional(),
  secrets: z.record(z.string(), z.string('must be a text; put numbers in quotes')).optional(),
});
const file = z.strictObject({
  api_version: z.literal('v1').optional(),
  tenants: z.record(z.string(), z.strictObject({ plugins: z.record(z.string(), wanted) })),
});

/** What a tenant's plugin is to be. A part left out stays as it is. */
export type WantedPlugin = z.infer<typeof wanted>;

/** Tenants by slug, and in each its plugins by slug. */
export type WantedTenants = Record<string, { plugins: Record<string, WantedPlugin> }>;

export type PluginsFileReading = { ok: true; tenants: WantedTenants } | { ok: false; errors: InputFault[] };

/** Where placeholders are filled from. */
export interface FileEnvironment {
  variables: Record<string, string | undefined>;
  /** Names that no plugin is given: the settings of Annex itself. */
  reserved: ReadonlySet<string>;
}

const maxBytes = 1024 * 1024;

/** Reads the file. Every fault is reported, together, each with its pointer. */
export function readPluginsFile(bytes: Uint8Array, environment: FileEnvironment): PluginsFileReading {
  const yaml = readYaml(bytes, { maxBytes, levels: 32, what: 'file' });
  if (!yaml.ok) return yaml;
  const errors: InputFault[] = [];
  const filled = fill(yaml.value, '', { environment, errors });
  const parsed = file.safeParse(filled);
  if (!parsed.success) errors.push(...parsed.error.issues.flatMap(faultsOf));
  if (!parsed.success || errors.length > 0) return { ok: false, errors };
  return { ok: true, tenants: parsed.data.tenants };
}

function faultsOf(issue: z.core.$ZodIssue): InputFault[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys')
    return [{ pointer: path.length === 0 ? '' : jsonPointer(...path), code: 'SHAPE', detail: explainIssue(issue) }];
  const known = path.length === 0 ? ['api_version', 'tenants'] : path.length === 2 ? ['plugins'] : partNames;
  return issue.keys.map((key) => ({
    pointer: jsonPointer(...path, key),
    code: 'UNKNOWN_KEY',
    detail: `is nothing that this file says; there are ${known.join(', ')}.${didYouMean(key, known)}`,
  }));
}

const partNames = ['enabled', 'grant', 'config', 'secrets'];

interface Filling {
  environment: FileEnvironment;
  errors: InputFault[];
}

/** `${VAR}`, `${VAR:-default}`; `$${` is written for `${` itself. */
const placeholder = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}/g;

function fill(value: Json, pointer: string, filling: Filling): Json {
  if (typeof value === 'string') return fillText(value, pointer, filling);
  if (Array.isArray(value)) return value.map((item, index) => fill(item, `${pointer}/${index}`, filling));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fill(item, pointer + jsonPointer(key), filling)]),
  );
}

function fillText(text: string, pointer: string, { environment, errors }: Filling): string {
  return text.replace(placeholder, (whole, name: string | undefined, _part: unknown, fallback: string | undefined) => {
    if (name === undefined) return '${';
    if (environment.reserved.has(name)) {
      errors.push({
        pointer,
        code: 'VARIABLE',
        detail: `${name} is a setting of Annex itself; plugins get none of it.`,
      });
      return '';
    }
    const given = environment.variables[name];
    if (given !== undefined && given !== '') return given;
    if (fallback !== undefined) return fallback;
    errors.push({
      pointer,
      code: 'VARIABLE',
      detail: `${name} is not set in the environment of Annex. Set it, or write \${${name}:-default}.`,
    });
    return whole;
  });
}
