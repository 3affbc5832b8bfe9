/** What may stand in the texts of a webhook in place of a value that is known only when it is sent. */
import { secretNamePattern } from '@annex/host-api';

/** `${SECRET:NAME}`, `${CONFIG:key}`, `${CONFIG:key:-default}`, `${TENANT_ID}`, or a mistake. */
const placeholder = /\$\{([^}]*)(\}?)/g;
const secretPrefix = 'SECRET:';

/** A setting of the tenant, and what stands for one that has no value. */
const setting = /^CONFIG:([A-Za-z0-9_.-]{1,64}?)(?::-([^$]*))?$/;

export type Placeholder =
  | { kind: 'secret'; name: string }
  | { kind: 'setting'; name: string; fallback: string | undefined }
  | { kind: 'tenant' }
  | { kind: 'unknown'; text: string };

function read(inner: string, isClosed: boolean): Placeholder {
  if (!isClosed) return { kind: 'unknown', text: `\${${inner.slice(0, 60)}` };
  if (inner === 'TENANT_ID') return { kind: 'tenant' };
  if (inner.startsWith(secretPrefix) && secretNamePattern.test(inner.slice(secretPrefix.length)))
    return { kind: 'secret', name: inner.slice(secretPrefix.length) };
  const [, key, fallback] = setting.exec(inner) ?? [];
  if (key !== undefined) return { kind: 'setting', name: key, fallback };
  return { kind: 'unknown', text: `\${${inner.slice(0, 60)}}` };
}

/** The placeholders of a text, in order. */
export function placeholdersOf(text: string): Placeholder[] {
  return [...text.matchAll(placeholder)].map(([, inner = '', close]) => read(inner, close === '}'));
}

/**
 * The text with every placeholder replaced by what `value` answers; one that is unknown stays as it is. What is put in
 * is not looked at again.
 */
export function fillPlaceholders(
  text: string,
  value: (placeholder: Exclude<Placeholder, { kind: 'unknown' }>) => string,
): string {
  return text.replace(placeholder, (whole, inner: string, close: string) => {
    const found = read(inner, close === '}');
    return found.kind === 'unknown' ? whole : value(found);
  });
}
