import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that runs the embedded PostgreSQL, which refuses to run as root. */
export interface Owner {
  uid: number;
  gid: number;
}

const NAME = 'annex-postgres';

/**
 * `undefined` unless this process is root. A root process gets the system user `annex-postgres`, made on first use,
 * else `nobody`.
 */
export async function findOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  // Several processes may come here at once, and useradd refuses while another holds its lock: hence more than one try.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const known = lookUp(NAME);
    if (known) return known;
    const refused = await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME]).then(
      () => false,
      () => true,
    );
    if (refused) await new Promise((done) => setTimeout(done, 200));
  }
  const owner = lookUp('nobody');
  if (!owner)
    throw new Error(
      'PostgreSQL does not run as root, and no other user could be made: start Annex as another user, or set ' +
        'DATABASE_URL',
    );
  return owner;
}

function lookUp(name: string): Owner | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
