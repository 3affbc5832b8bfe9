import { networkInterfaces } from 'node:os';
import { canonicalAddress } from './address.js';

/** Interfaces come and go; reading them takes a system call. Milliseconds. */
const keptMs = 5_000;

/**
 * Tells the addresses of this machine's own interfaces. A public one among them is not public from here: behind it
 * listen services that a firewall closes to everybody else, Annex' own included.
 */
export function ownAddresses(
  read: () => string[] = readInterfaces,
  nowMs: () => number = () => performance.now(),
): (address: string) => boolean {
  let known: { addresses: ReadonlySet<string>; atMs: number } | undefined;
  return (address) => {
    const now = nowMs();
    if (!known || now - known.atMs > keptMs)
      known = { addresses: new Set(read().flatMap((each) => canonicalAddress(each) ?? [])), atMs: now };
    return known.addresses.has(canonicalAddress(address) ?? '');
  };
}

function readInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}
