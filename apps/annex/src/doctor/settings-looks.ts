/** Settings that are well-formed and do not fit each other, or the processes that run with them. */
import type { Look, ProcessView } from '@annex/operations';
import type { Settings } from '../config.js';
import { fine, warning, type Seen } from './finding.js';

/** Looks at the settings of this process. */
export function settingsLook(settings: Settings, processes: () => Promise<readonly ProcessView[]>): Look {
  return {
    check: 'settings',
    async look() {
      const hosts = new Set((await processes()).filter(({ alive }) => alive).map(({ host }) => host));
      const seen = [...contradictions(settings), ...leftovers(settings), ...ofSeveralHosts(settings, hosts.size)];
      return seen.length === 0 ? [fine('The settings fit each other.')] : seen;
    },
  };
}

/** What only shows once several machines share the work. */
export function ofSeveralHosts({ filesAt, publicUrl }: Pick<Settings, 'filesAt' | 'publicUrl'>, hosts: number): Seen[] {
  if (hosts < 2) return [];
  const seen: Seen[] = [];
  if (filesAt.kind === 'disk')
    seen.push(
      warning(
        `FILES_URL is a folder, and processes run on ${hosts} hosts.`,
        'Use s3://, or make sure that the folder is one file system shared by all of them.',
      ),
    );
  if (publicUrl === undefined)
    seen.push(
      warning('ANNEX_PUBLIC_URL is not set.', 'Set it: a worker does not know under which address people come.'),
    );
  return seen;
}

export function contradictions({
  production,
  smtpUrl,
  mailFromGiven,
  trustProxy,
  publicUrl,
  executorIsolation,
  sandboxRequires,
  host,
}: Settings): Seen[] {
  const seen: Seen[] = [];
  if (!production)
    seen.push(warning('NODE_ENV is not production.', 'Set NODE_ENV=production wherever tenants are real.'));
  if (smtpUrl !== undefined && !mailFromGiven)
    seen.push(
      warning('SMTP_URL is set and MAIL_FROM is not.', 'Set MAIL_FROM: most servers refuse mail in another name.'),
    );
  if (publicUrl?.startsWith('https:') === true && trustProxy.length === 0 && host !== '127.0.0.1')
    seen.push(
      warning(
        'People come by https, so through a proxy, and ANNEX_TRUST_PROXY is not set.',
        'Name the proxy: without it all callers share one address and its limits.',
      ),
    );
  if (executorIsolation === 'shared' && sandboxRequires !== 'T0')
    seen.push(
      warning(
        `ANNEX_SANDBOX_REQUIRE is ${sandboxRequires}, and ANNEX_EXECUTOR_ISOLATION is shared.`,
        'shared takes the wall between tenants away that a tier asks for: use tenant.',
      ),
    );
  return seen;
}

/** Halves of a rotation that were not finished. */
function leftovers({ oldMasterKeys, oldJwtSecrets }: Settings): Seen[] {
  const seen: Seen[] = [];
  if (oldMasterKeys.length > 0)
    seen.push(warning('ANNEX_MASTER_KEY_OLD is set.', 'Leave it out once every process runs with the new key.'));
  if (oldJwtSecrets.length > 0)
    seen.push(
      warning(
        'ANNEX_JWT_SECRET_OLD is set.',
        'Leave it out once every process has signed with the new one for an hour (sessions), or for as long as ' +
          'portals and links to files shall stay open.',
      ),
    );
  return seen;
}
