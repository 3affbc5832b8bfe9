/**
 * The first release as an upgrade meets it: its schema, and the rows that its own code wrote (first-release.sql).
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '@annex/database';
import { Client } from 'pg';

const migrations = fileURLToPath(new URL('../../migrations/', import.meta.url));
const rows = fileURLToPath(new URL('first-release.sql', import.meta.url));

/** The last step that the first release knew. */
const lastStep = '1763800500000-deliveries.sql';

/** What opens its rows. Every user's password is the same. */
export const firstRelease = {
  masterKey: Buffer.from('6669727374666972737466697273746669727374666972737466697273746669', 'hex'),
  password: 'a-long-password',
  operator: { email: 'root@first.test', password: 'operator-password' },
  /** API tokens: of acme's owner, of an operator in acme, of globex' owner as an admin. */
  tokens: {
    acme: 'annex_3tob9xugFIYEMd3QQOKI2-gTaPTDTUvx3QBkPTnIW4g',
    operator: 'annex_ul6_DdQnJ4EYQrexY-JTlDb-2JgG8_L0xrPKnRNUDFA',
    globex: 'annex_X1iqi9DOA0AaDCIBbUETqfrwNIM0qnwOcCNsb4W-PDo',
  },
  /** With which a sender signs to acme's source `github`. */
  hookSecret: 'inbound-secret-value',
  /** The objects of its files, by name. */
  objects: {
    '29/01a22990-8dcb-7151-91c1-25a200412d29': 'a file of the first release',
    '38/01a22990-8983-75f0-a254-f037c4b00e38': 'first',
    'd8/01a22990-8563-71af-b73a-01cf84981ed8': 'a file of globex',
  },
};

/** Brings an empty database to the first release's schema, as its owner. */
export async function migrateToFirstRelease(url: string): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'annex-first-'));
  try {
    for (const name of readdirSync(migrations))
      if (name.endsWith('.sql') && name <= lastStep) copyFileSync(join(migrations, name), join(directory, name));
    return await migrate({ url, directory });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Fills every table. `url`: of the cluster's superuser. */
export async function loadFirstRelease(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(readFileSync(rows, 'utf8'));
  } finally {
    await client.end();
  }
}

/** Puts the bytes of its files where `FILES_URL=file://<folder>` looks for them. */
export function writeFirstReleaseObjects(folder: string): void {
  for (const [name, text] of Object.entries(firstRelease.objects)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
