import { readFile } from 'node:fs/promises';
import { Resolver as DnsResolver } from 'node:dns/promises';
import { canonicalAddress } from './address.js';

/**
 * Finds the addresses of a host name. Answers an empty list for a name that does not exist; rejects when it cannot
 * tell.
 */
export interface Resolver {
  resolve(name: string, signal: AbortSignal): Promise<string[]>;
}

/** Options of {@link systemResolver}. */
export interface SystemResolverOptions {
  /** Default `/etc/hosts`. */
  hostsFile?: string;
  /** Name servers (`address` or `address:port`). Default: the system's. */
  servers?: string[];
}

/**
 * The hosts file, then DNS. Not `dns.lookup`: that runs on the four threads that files and password hashes share, so a
 * plugin asking for slow names would hold up everything else. Names are taken as full names; search domains are not
 * tried.
 */
export function systemResolver({ hostsFile = '/etc/hosts', servers }: SystemResolverOptions = {}): Resolver {
  return {
    async resolve(name, signal) {
      const listed = await findInHostsFile(hostsFile, name);
      if (listed.length > 0) return listed;
      const dns = new DnsResolver({ timeout: 2000, tries: 2 });
      if (servers) dns.setServers(servers);
      const cancel = (): void => dns.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        signal.throwIfAborted();
        const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
        const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
        if (found.length > 0) return found;
        for (const answer of answers)
          if (answer.status === 'rejected' && !meansNothingThere(answer.reason)) throw answer.reason;
        return [];
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}

function meansNothingThere(reason: unknown): boolean {
  const code = (reason as { code?: unknown } | null)?.code;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

async function findInHostsFile(path: string, name: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return [];
  }
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const canonical = canonicalAddress(address);
    if (canonical !== undefined && names.some((listed) => listed.toLowerCase() === name)) found.push(canonical);
  }
  return found;
}
