/** Where somebody is signed in: a file of the user's own, readable by nobody else. */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliFault } from './faults.js';

export interface Profile {
  url: string;
  token: string;
  tenant?: string;
  /** Of the token, so that signing out can revoke it; not there for one that was brought along. */
  token_id?: string;
}

export interface Profiles {
  /** The one that is used when none is named. */
  current: string;
  profiles: Record<string, Profile>;
}

export const defaultProfile = 'default';

/** Throws `PROFILES_UNREADABLE` for a file that is none. */
export async function readProfiles(folder: string): Promise<Profiles> {
  let text;
  try {
    text = await readFile(fileIn(folder), 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { current: defaultProfile, profiles: {} };
    throw thrown;
  }
  try {
    const { current, profiles } = JSON.parse(text) as Profiles;
    if (typeof current !== 'string' || typeof profiles !== 'object' || profiles === null)
      throw new Error('no profiles');
    return { current, profiles: Object.assign(Object.create(null), profiles) as Profiles['profiles'] };
  } catch (cause) {
    throw new CliFault(
      'PROFILES_UNREADABLE',
      `${fileIn(folder)} is not what "annex login" writes; remove it and sign in again.`,
      undefined,
      { cause },
    );
  }
}

/** Moved in whole, with mode 0600 from its first byte on. */
export async function writeProfiles(folder: string, profiles: Profiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${fileIn(folder)}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(draft, 0o600);
  await rename(draft, fileIn(folder));
}

function fileIn(folder: string): string {
  return join(folder, 'profiles.json');
}
