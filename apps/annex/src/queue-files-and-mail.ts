/** What keeps the bytes and sends the mail of tenants. */
import { emitEvent } from '@annex/runs';
import { Files, openStore, startSweeper } from '@annex/files';
import { createSmtp, Mailer, PlatformMailer } from '@annex/mail';
import { createQueue, type Queue } from '@annex/queue';
import type { DatabaseLogins } from '@annex/database';
import { requireQueueLogin, requireRedis, requireStore } from './start-checks.js';
import type { PlatformContext } from './platform-context.js';

/** The queue of background runs: in Redis where one is named, else in PostgreSQL. */
export async function openQueue({ settings, logger, undo }: PlatformContext, logins: DatabaseLogins): Promise<Queue> {
  const queue = createQueue(
    settings.redisUrl
      ? { backend: 'redis', url: settings.redisUrl, logger }
      : { backend: 'postgres', url: requireQueueLogin(logins), logger },
  );
  undo.push(() => queue.close());
  if (settings.redisUrl && settings.role !== 'api') await requireRedis(queue, settings.redisUrl);
  return queue;
}

/** Tenants' files; a process that works also sweeps away the objects that no file names. */
export async function openFiles(
  { settings, database, clock, logger, undo }: PlatformContext,
  linkSecret: string,
): Promise<Files> {
  const store = await openStore(settings.filesAt);
  const files = new Files({
    database,
    store,
    emit: emitEvent,
    clock,
    logger,
    limits: settings.fileLimits,
    linkSecret,
    oldLinkSecrets: settings.oldJwtSecrets,
    publicUrl: settings.publicUrl,
  });
  undo.push(() => files.close());
  await requireStore(files, store.description);
  if (settings.role !== 'api') {
    const sweeper = await startSweeper({ database, store, logger });
    undo.push(() => sweeper.stop());
  }
  return files;
}

/** Plugins' mail and the platform's own, over one mail server. */
export function openMail({ settings, database, clock, logger, undo }: PlatformContext): {
  mail: Mailer;
  platformMail: PlatformMailer;
} {
  const transport = settings.smtpUrl === undefined ? undefined : createSmtp(settings.smtpUrl);
  const mail = new Mailer({
    database,
    transport,
    from: settings.mailFrom,
    keptBytes: settings.quotas.kept_mail_bytes ?? Number.MAX_SAFE_INTEGER,
    clock,
    logger,
  });
  undo.push(() => mail.close());
  return {
    mail,
    platformMail: new PlatformMailer({ transport, from: settings.mailFrom, publicUrl: settings.publicUrl }),
  };
}
