/** Fills in what a source's declaration leaves to its tenant, and says where its connection may lead. */
import { isJsonObject, type Id, type Json, type JsonObject } from '@annex/kernel';
import { lookUpHost, type AllowHosts, type Egress } from '@annex/egress';
import type { Execution } from '@annex/execution';
import { connectionFaults, connectionTexts, isAddressSecret } from '@annex/manifest';
import type { ConnectionSettings } from './connections.js';
import type { HeldSource } from './sql/leases.js';

/** A secret, and the hosts to which it may be sent; none named: any. */
interface SendableSecret {
  value: string;
  allowedHosts: readonly string[];
}

export interface ConnectionSettingsOptions {
  secrets: {
    readForRef(
      tenantId: Id<'tenant'>,
      installationId: Id<'installation'>,
      names: readonly string[],
    ): Promise<ReadonlyMap<string, SendableSecret>>;
    readForTenant(tenantId: Id<'tenant'>, names: readonly string[]): Promise<ReadonlyMap<string, SendableSecret>>;
  };
  snapshots: Pick<Execution['snapshots'], 'getById'>;
  egress: Pick<Egress, 'dial'>;
  maskerOf: (values: readonly string[]) => Promise<{ text(text: string): string }>;
  /** Told which secrets of an installation were used for it. */
  onSecretsUsed: (tenantId: Id<'tenant'>, installationId: Id<'installation'>, names: readonly string[]) => void;
}

const placeholder = /\$\{(SECRET|CONFIG):([A-Za-z0-9_.-]{1,64})(?::-([^}]*))?\}/g;

/** Names of the secrets that texts ask for. */
function secretNames(given: JsonObject): string[] {
  return [
    ...new Set(
      connectionTexts(given).flatMap(({ text }) =>
        [...text.matchAll(placeholder)].flatMap(([, kind, name = '']) => (kind === 'SECRET' ? [name] : [])),
      ),
    ),
  ];
}

/** Makes the `prepare` of `Connections`. It throws plain errors, which the source's view shows. */
export function connectionSettings(
  options: ConnectionSettingsOptions,
): (source: HeldSource) => Promise<ConnectionSettings> {
  return async (source) => {
    const { tenantId, installationId, spec, type } = source;
    const names = secretNames(spec.with);
    const { snapshots, secrets } = options;
    const snapshot = installationId === null ? undefined : await snapshots.getById(tenantId, installationId);
    if (installationId !== null && snapshot?.status !== 'enabled') throw new Error('Its plugin is not enabled.');
    const values =
      installationId === null
        ? await secrets.readForTenant(tenantId, names)
        : await secrets.readForRef(tenantId, installationId, names);
    const filled = fill(spec.with, values, snapshot?.config ?? {});
    const masker = await options.maskerOf(secretTexts(filled, values));
    const faults = connectionFaults(type, filled, { isFilled: true });
    if (faults.length > 0)
      throw new Error(masker.text(faults.map(({ pointer, detail }) => `with${pointer} ${detail}`).join(' ')));
    if (installationId !== null) options.onSecretsUsed(tenantId, installationId, names);
    const allow: AllowHosts = isTenantsChoice(source) ? 'any' : (snapshot?.allowHosts ?? []);
    return {
      with: filled,
      mask: (text) => masker.text(text),
      dial: ({ host, port }, signal) => {
        requireSendable(values, { host, port });
        return options.egress.dial({ host, port, allowHosts: allow, signal });
      },
    };
  };
}

/** Whether the address is the tenant's word alone: its own source, or nothing but one secret. */
function isTenantsChoice({ installationId, type, spec }: HeldSource): boolean {
  return installationId === null || isAddressSecret(type, spec.with);
}

function fill(given: JsonObject, values: ReadonlyMap<string, SendableSecret>, config: JsonObject): JsonObject {
  const filled = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(filled);
    if (isJsonObject(value)) return filledObject(value);
    if (typeof value !== 'string') return value;
    return value.replaceAll(placeholder, (whole, kind: string, name: string, fallback: string | undefined) => {
      const found = kind === 'SECRET' ? values.get(name)?.value : textOf(config, name);
      if (found !== undefined) return found;
      if (fallback !== undefined) return fallback;
      throw new Error(`${whole} has no value. ${kind === 'SECRET' ? 'Set the secret' : 'Set it in the settings'}.`);
    });
  };
  const filledObject = (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).map(([key, value]): [string, Json] => [key, filled(value)]));
  return filledObject(given);
}

function textOf(config: JsonObject, name: string): string | undefined {
  const value = isJsonObject(config) && Object.hasOwn(config, name) ? config[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A password inside of an address is as secret as the whole of it. */
function secretTexts(filled: JsonObject, values: ReadonlyMap<string, SendableSecret>): string[] {
  const passwords = connectionTexts(filled).flatMap(({ text }) => URL.parse(text)?.password || []);
  return [...[...values.values()].map(({ value }) => value), ...passwords];
}

function requireSendable(
  values: ReadonlyMap<string, SendableSecret>,
  { host, port }: { host: string; port: number },
): void {
  for (const [name, { allowedHosts }] of values)
    if (allowedHosts.length > 0 && lookUpHost(allowedHosts, host, port) === 'refused')
      throw new Error(`The secret ${name} may not be sent to this host: its allowed_hosts do not name it.`);
}
