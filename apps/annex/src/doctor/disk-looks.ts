import { statfs } from 'node:fs/promises';
import type { Files } from '@annex/files';
import type { Look } from '@annex/operations';
import type { Settings } from '../config.js';
import { fault, fine, gigabytes, lastShare, shortShare, warning, type Seen } from './finding.js';

/** Looks at the file store, and at the disks that this process writes to. */
export function diskLooks({ dataDir, filesAt }: Pick<Settings, 'dataDir' | 'filesAt'>, files: Files): Look[] {
  const folders = new Set([dataDir, ...(filesAt.kind === 'disk' ? [filesAt.folder] : [])]);
  return [
    {
      check: 'files',
      async look() {
        await files.check();
        return [fine('The file store answers.')];
      },
    },
    {
      check: 'disk',
      look: async () => (await Promise.all([...folders].map(lookAtDisk))).flat(),
    },
  ];
}

async function lookAtDisk(folder: string): Promise<Seen[]> {
  const stats = await statfs(folder).catch(() => undefined);
  // In production the data folder may be left out.
  if (stats === undefined || stats.blocks === 0) return [];
  return [seenOfDisk(folder, { free: stats.bavail * stats.bsize, all: stats.blocks * stats.bsize })];
}

/** What to say of a disk with so many bytes. */
export function seenOfDisk(folder: string, { free, all }: { free: number; all: number }): Seen {
  const detail = `${folder}: ${gigabytes(free)} of ${gigabytes(all)} are free.`;
  const wayOut = 'Free some room, or make the disk larger: uploads and files fail when it is full.';
  if (free < all * lastShare) return fault(detail, wayOut);
  return free < all * shortShare ? warning(detail, wayOut) : fine(detail);
}
