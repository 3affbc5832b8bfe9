import { domainToASCII } from 'node:url';
import { quote, type InputFault } from '@annex/kernel';

/** Somebody's address, with a name to show. */
export interface Mailbox {
  name: string;
  address: string;
}

/** An address in ASCII (RFC 5321 §4.1.2, without quoted local parts and address literals). */
const local = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domain = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const named = /^(?:"((?:[^"\\]|\\.){0,200})"|([^"<>,;:@()[\]\\]{0,200}))\s*<([^<>\s]{1,320})>$/;

/**
 * Reads one mailbox: `ada@example.com` or `Ada <ada@example.com>`. Domains beyond ASCII become their IDNA form.
 * `undefined`: it is none.
 */
export function readMailbox(text: string): Mailbox | undefined {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (text.length > 600 || /[\x00-\x1f\x7f]/.test(text)) return undefined;
  const match = named.exec(text.trim());
  const name = match ? (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '').trim() : '';
  const address = match ? (match[3] ?? '') : text.trim();
  const at = address.lastIndexOf('@');
  const host = at < 0 ? '' : domainToASCII(address.slice(at + 1));
  const user = address.slice(0, Math.max(at, 0));
  if (user.length > 64 || !local.test(user) || !domain.test(host) || /^[\d.]+$/.test(host)) return undefined;
  const whole = `${user}@${host}`;
  return whole.length > 254 ? undefined : { name, address: whole };
}

/** Reads a list of mailboxes into `faults` where one is none. */
export function readMailboxes(list: readonly string[], pointer: string, faults: InputFault[]): Mailbox[] {
  return list.flatMap((text, index) => {
    const mailbox = readMailbox(text);
    if (mailbox) return [mailbox];
    const hint = text.includes(',') ? ' Write several as a list.' : '';
    faults.push({
      pointer: `${pointer}/${index}`,
      code: 'MAIL_ADDRESS_INVALID',
      detail: `${quote(text)} is no address such as ada@example.com or Ada <ada@example.com>.${hint}`,
    });
    return [];
  });
}

/** The mailbox as people write it. */
export function writeMailbox({ name, address }: Mailbox): string {
  if (name === '') return address;
  return /^[\w .-]+$/.test(name) ? `${name} <${address}>` : `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`;
}
