/** What a key of etcd becomes in a tenant's tree. */
import { isUtf8 } from 'node:buffer';
import type { EtcdChange } from '@annex/connectors';
import type { TenantTransaction } from '@annex/database';
import type { Json } from '@annex/kernel';
import { settingKeyFault } from '@annex/manifest';
import { settingValueFault } from '../read-setting.js';
import { changeSetting, type SettingContent } from '../sql/change-setting.js';
import type { HeldMirror } from '../sql/mirror-leases.js';

/** Who the tree says has changed it. */
export const mirrorActor = 'etcd';

/** A change of the tree, or why it cannot be one. */
export type MirroredChange = { ok: true; change: SettingContent } | { ok: false; key: string; detail: string };

/** The change of the tree that one of etcd means. JSON is its value, any other text is a text. */
export function mirroredChange({ into }: Pick<HeldMirror, 'into'>, { key: name, value }: EtcdChange): MirroredChange {
  const key = (into + name).normalize('NFC');
  const fault = settingKeyFault(key);
  if (fault !== undefined) return { ok: false, key, detail: `its key ${fault}` };
  if (value === undefined) return { ok: true, change: { key, value: undefined } };
  if (!isUtf8(value)) return { ok: false, key, detail: 'its value is no text' };
  const read = readValue(value.toString('utf8'));
  const wrong = settingValueFault(read);
  return wrong === undefined
    ? { ok: true, change: { key, value: read } }
    : { ok: false, key, detail: `its value ${wrong}` };
}

function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Makes the changes, in order. */
export async function writeChanges(tx: TenantTransaction, changes: readonly SettingContent[]): Promise<void> {
  for (const change of changes) await changeSetting(tx, change, { actor: mirrorActor });
}
