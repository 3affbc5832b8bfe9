/** The one list of what each type of connection is told. */
import type { InputFault, Json, JsonObject } from '@annex/kernel';
import { fieldFaults, type ConnectionForm } from './fields.js';
import { kafkaForm } from './kafka.js';
import { kubernetesForm } from './kubernetes.js';
import { mqttForm } from './mqtt.js';
import { postgresForm } from './postgres.js';

const forms: Readonly<Record<string, ConnectionForm>> = {
  kafka: kafkaForm,
  kubernetes: kubernetesForm,
  mqtt: mqttForm,
  postgres: postgresForm,
};

function formOf(type: string): ConnectionForm | undefined {
  return Object.hasOwn(forms, type) ? forms[type] : undefined;
}

/**
 * Everything that is wrong with the `with` of a source; pointers are into it. `isFilled`: its placeholders have been
 * replaced. A type without a connection has no faults.
 */
export function connectionFaults(type: string, given: JsonObject, { isFilled = false } = {}): InputFault[] {
  const form = formOf(type);
  if (!form) return [];
  return [...fieldFaults(form.fields, given, { isFilled }), ...(form.faults?.(given) ?? [])];
}

/**
 * Whether where a connection leads is the tenant's word alone: all that says so is nothing but a secret, and the
 * package names no host.
 */
export function isAddressSecret(type: string, given: JsonObject): boolean {
  const said = (formOf(type)?.address ?? []).flatMap((key): Json[] => {
    const value = given[key] ?? null;
    return value === null ? [] : Array.isArray(value) ? value : [value];
  });
  return said.length > 0 && said.every((text) => /^\$\{SECRET:[A-Za-z0-9_]+\}$/.test(String(text)));
}
