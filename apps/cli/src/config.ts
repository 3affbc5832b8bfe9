import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says; read once, at the start. */
export interface Environment {
  /** `ANNEX_URL`, `ANNEX_TOKEN`, `ANNEX_TENANT`, `ANNEX_PROFILE`: for machines; each wins over the profile. */
  url: string | undefined;
  token: string | undefined;
  tenant: string | undefined;
  profile: string | undefined;
  /** Folder of the profiles. `ANNEX_CONFIG_DIR`, else `annex` below `XDG_CONFIG_HOME` or `~/.config`. */
  configDir: string;
  /** `false`: never (`NO_COLOR`, `TERM=dumb`); `true`: always (`FORCE_COLOR`); else where a terminal reads. */
  color: boolean | undefined;
  /** A machine runs this: nobody is asked anything. */
  isCi: boolean;
  /** Handed to programs that this one starts for the user. */
  path: string;
  all: NodeJS.ProcessEnv;
}

/** An empty variable counts as one that is not set. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const text = (name: string): string | undefined => env[name] || undefined;
  const noColor = text('NO_COLOR') !== undefined || env['TERM'] === 'dumb';
  return {
    url: text('ANNEX_URL'),
    token: text('ANNEX_TOKEN'),
    tenant: text('ANNEX_TENANT'),
    profile: text('ANNEX_PROFILE'),
    configDir: text('ANNEX_CONFIG_DIR') ?? join(text('XDG_CONFIG_HOME') ?? join(homedir(), '.config'), 'annex'),
    color: noColor ? false : text('FORCE_COLOR') !== undefined ? true : undefined,
    isCi: text('CI') !== undefined,
    path: env['PATH'] ?? '',
    all: env,
  };
}
