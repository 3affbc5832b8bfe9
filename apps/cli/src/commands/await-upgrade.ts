import type { Annex, UploadedPlugin } from '@annex/client';
import type { Cli } from '../cli.js';
import type { Style } from '../terminal/style.js';

/** How an upgrade to a release with an `onInit` stands when it is looked at no longer. */
export type UpgradeEnd =
  | { state: 'done' }
  | { state: 'given_up'; error: { code: string; message: string } | null }
  | { state: 'under_way'; tries: number; missingSecrets: string[] };

const pauseMs = 500;
const longestMs = 30_000;

/**
 * Waits until an upgrade has come about or was given up, 30 s at the longest; not while it waits for secrets.
 * `undefined`: there is none.
 */
export async function awaitUpgrade(
  { terminal, signal }: Pick<Cli, 'terminal' | 'signal'>,
  annex: Annex,
  { slug, upgrade }: Pick<UploadedPlugin, 'slug' | 'upgrade'>,
): Promise<UpgradeEnd | undefined> {
  if (!upgrade) return undefined;
  const { release, version } = upgrade;
  return terminal.progress(`Waiting for the onInit of ${version}`, async () => {
    let error = upgrade.last_error;
    for (let waitedMs = 0; ; waitedMs += pauseMs) {
      const now = await annex.getPlugin({ path: { id: slug }, signal });
      if (now.release === release) return { state: 'done' };
      if (now.upgrade?.release !== release) return { state: 'given_up', error };
      error = now.upgrade.last_error ?? error;
      const { tries, missing_secrets: missingSecrets } = now.upgrade;
      if (waitedMs >= longestMs || missingSecrets.length > 0) return { state: 'under_way', tries, missingSecrets };
      await new Promise((done) => setTimeout(done, pauseMs));
    }
  });
}

/** How an upgrade stands that has not come about, for people. */
export function writeUpgrade(
  end: Exclude<UpgradeEnd, { state: 'done' }>,
  { slug, version }: { slug: string; version: string },
  { version: active }: Pick<UploadedPlugin, 'version'>,
  style: Style,
): string {
  if (end.state === 'given_up') {
    const why = end.error ? `${end.error.code}: ${end.error.message}` : 'another release took its place';
    return `${style.red(`${slug} ${version} did not become active`)}: ${why}\n${active} goes on serving.`;
  }
  return [
    style.yellow(`${slug} ${version} takes over when its onInit has succeeded; ${active} serves until then.`),
    ...end.missingSecrets.map((name) => `  annex secrets set ${slug} ${name}`),
    ...(end.missingSecrets.length === 0 ? [`  called ${end.tries} times so far`] : []),
  ].join('\n');
}
