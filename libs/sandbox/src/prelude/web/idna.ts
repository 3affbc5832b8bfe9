/** Stands in for `tr46`, whose 240 kB of tables only domains with characters outside ASCII need. */
import { lazyScript } from './lazy.js';

interface IdnaScript {
  toASCII(domain: string, options: object): string | null;
}
const idna = lazyScript<IdnaScript>('idna');

/** UTS #46 ToASCII; null when the domain is not valid. */
export function toASCII(domain: string, options: object): string | null {
  return idna().toASCII(domain, options);
}
