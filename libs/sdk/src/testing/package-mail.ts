import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { LoadTemplates, MailPort } from '@annex/execution';
import { newId } from '@annex/kernel';
import { composeMail, writeMailbox } from '@annex/mail';
import { TemplateRenderer } from '@annex/templates';

/** A mail that the plugin sent. Addresses as people write them. */
export interface PluginMail {
  to: string[];
  cc: string[];
  bcc: string[];
  replyTo: string | undefined;
  subject: string;
  text: string | undefined;
  html: string | undefined;
  attachments: { filename: string; contentType: string; bytes: Uint8Array }[];
}

/**
 * A mail server that only remembers. What the platform would refuse is refused here too, and a key that comes again
 * sends nothing more.
 */
export function rememberedMail(mails: PluginMail[]): MailPort {
  const byKey = new Map<string, Awaited<ReturnType<MailPort['send']>>>();
  return {
    async send(input, { idempotencyKey }) {
      const before = idempotencyKey === undefined ? undefined : byKey.get(idempotencyKey);
      const { to, cc, bcc, replyTo, subject, text, html, attachments } = composeMail(input);
      if (before) return before;
      const lines = (list: typeof to): string[] => list.map(writeMailbox);
      mails.push({
        to: lines(to),
        cc: lines(cc),
        bcc: lines(bcc),
        replyTo: replyTo && writeMailbox(replyTo),
        subject,
        text,
        html,
        attachments,
      });
      const id = newId('mail');
      const answer = {
        id,
        message_id: `<${id}@mail.test>`,
        status: 'sent' as const,
        accepted: [...to, ...cc, ...bcc].map(({ address }) => address),
        rejected: [],
      };
      if (idempotencyKey !== undefined) byKey.set(idempotencyKey, answer);
      return answer;
    },
  };
}

/** Renders for every plugin under test; its threads do not keep the process alive. */
export const templates = new TemplateRenderer();

/** The templates of a plugin's folder, as they stand when they are used. */
export function folderTemplates(folder: string): LoadTemplates {
  const root = join(folder, 'templates');
  return async () => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(
      await Promise.all(
        paths.map(async (path) => [relative(root, path).split(sep).join('/'), await readFile(path, 'utf8')] as const),
      ),
    );
  };
}
