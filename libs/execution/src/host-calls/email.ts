import { findGrant, type HostArgs, type HostHandlers } from '@annex/host-api';
import type { Id, Json } from '@annex/kernel';
import { mailLimits } from '@annex/limits';
import { outcomeErrors } from '@annex/runs';
import { findTemplate, isMarkup, templatesFolder } from '@annex/templates';
import { executionErrors } from '../errors.js';
import type { FilesPort } from './files.js';
import type { RunIdentity } from './run-identity.js';
import type { LoadTemplates, TemplatesPort } from './templates.js';

/** Sends mail (`@annex/mail`). Addresses and sizes are checked there. */
export interface MailPort {
  send(
    mail: {
      to: readonly string[];
      cc: readonly string[];
      bcc: readonly string[];
      replyTo: string | undefined;
      subject: string;
      text: string | undefined;
      html: string | undefined;
      attachments: readonly { filename: string; contentType: string | undefined; bytes: Uint8Array }[];
    },
    origin: {
      tenantId: Id<'tenant'>;
      installationId: Id<'installation'>;
      plugin: string;
      runId: Id<'run'>;
      idempotencyKey: string | undefined;
      occurrence(digest: string): number;
      mask(value: Json): Json;
    },
  ): Promise<{ id: string; message_id: string; status: 'sent' | 'kept'; accepted: string[]; rejected: string[] }>;
}

export interface EmailOptions {
  mail: MailPort;
  templates: TemplatesPort;
  loadTemplates: LoadTemplates;
  /** Left out: nothing of the tenant's files can be attached. */
  files?: Pick<FilesPort, 'readBytes'> | undefined;
}

type SendArgs = HostArgs<'email.send'>[0];

/**
 * `ctx.email`. A mail leaves at once, in a background run too, and cannot be called back when the run fails later. The
 * same words in the same run are the same mail, so an attempt that is made again does not send again what was sent.
 */
export function emailHandlers(options: EmailOptions): Pick<HostHandlers<RunIdentity>, 'email.send'> {
  const { mail, files } = options;
  /** How often each attempt has sent the same words. */
  const sent = new WeakMap<RunIdentity, Map<string, number>>();

  function count(identity: RunIdentity, digest: string): number {
    const counts = sent.get(identity) ?? new Map<string, number>();
    sent.set(identity, counts);
    const nth = counts.get(digest) ?? 0;
    counts.set(digest, nth + 1);
    return nth;
  }

  return {
    'email.send': async ([args], { identity, signal }) => {
      const { snapshot, runId } = identity;
      const texts = await readTexts(options, args, identity, signal);
      const attachments = await readAttachments(files, args, identity);
      signal.throwIfAborted();
      return mail.send(
        {
          to: list(args.to),
          cc: list(args.cc),
          bcc: list(args.bcc),
          replyTo: args.replyTo,
          subject: args.subject,
          ...texts,
          attachments,
        },
        {
          tenantId: snapshot.tenantId,
          installationId: snapshot.installationId,
          plugin: snapshot.slug,
          runId,
          idempotencyKey: args.idempotencyKey,
          occurrence: (digest) => count(identity, digest),
          mask: (value) => identity.mask(value, 'What is kept of ctx.email.send'),
        },
      );
    },
  };
}

/** The two texts of a mail, as given or of its template. */
async function readTexts(
  { templates, loadTemplates }: EmailOptions,
  args: SendArgs,
  identity: RunIdentity,
  signal: AbortSignal,
): Promise<{ text: string | undefined; html: string | undefined }> {
  const { template, data } = args;
  let { text, html } = args;
  if (template === undefined) return { text, html };
  const all = await loadTemplates(identity.snapshot);
  const render = (name: string): Promise<string> =>
    templates.render({ files: all, name, data: data ?? {}, tenant: identity.snapshot.tenantId, signal });
  const { markup, plain } = twoParts(Object.keys(all), template);
  if (html === undefined && markup !== undefined) html = await render(markup);
  if (text === undefined && plain !== undefined) text = await render(plain);
  // Of a template that is not there the renderer says which ones are.
  if (markup === undefined && plain === undefined) await render(template);
  return { text, html };
}

interface Attachment {
  filename: string;
  contentType: string | undefined;
  bytes: Uint8Array;
}

async function readAttachments(
  files: EmailOptions['files'],
  args: SendArgs,
  identity: RunIdentity,
): Promise<Attachment[]> {
  const read = [];
  let bytesLeft = mailLimits.bytes;
  for (const attachment of args.attachments ?? []) {
    const one =
      'file' in attachment
        ? await readFile(files, attachment, identity, bytesLeft)
        : {
            ...attachment,
            bytes: typeof attachment.content === 'string' ? Buffer.from(attachment.content) : attachment.content,
          };
    bytesLeft = Math.max(0, bytesLeft - one.bytes.length);
    read.push({ filename: one.filename, contentType: one.contentType, bytes: one.bytes });
  }
  return read;
}

async function readFile(
  files: EmailOptions['files'],
  {
    file: key,
    filename,
    contentType,
  }: { file: string; filename?: string | undefined; contentType: string | undefined },
  { snapshot }: RunIdentity,
  maxBytes: number,
): Promise<Attachment> {
  if (!findGrant(snapshot.grants, 'files.read')) {
    throw outcomeErrors.error(
      'PERMISSION_DENIED',
      'Attaching a file of the tenant to a mail needs the permission "files.read", which this installation was not ' +
        'granted. Name it in the manifest’s permissions and have an admin grant it.',
    );
  }
  if (!files)
    throw executionErrors.error('FILE_CALL_LIMIT', 'No file store is joined here, so no file can be attached.');
  const { file, bytes } = await files.readBytes(snapshot.tenantId, key, maxBytes);
  return {
    filename: filename ?? key.slice(key.lastIndexOf('/') + 1),
    contentType: contentType ?? file.content_type,
    bytes,
  };
}

function list(addresses: string | string[] | undefined): string[] {
  return addresses === undefined ? [] : typeof addresses === 'string' ? [addresses] : addresses;
}

const markupEndings = ['.html.liquid', '.html', '.liquid'];
const plainEndings = ['.txt.liquid', '.txt'];

/** The templates of a mail's two parts: `welcome` means `welcome.html` and `welcome.txt`, where they are there. */
function twoParts(files: readonly string[], name: string): { markup: string | undefined; plain: string | undefined } {
  const given = name.startsWith(templatesFolder) ? name.slice(templatesFolder.length) : name;
  const exact = files.includes(given) ? given : undefined;
  const base = exact === undefined ? given : given.replace(/(\.html|\.txt)?(\.liquid)?$/, '');
  return {
    markup: exact !== undefined && isMarkup(exact) ? exact : findTemplate(files, base, markupEndings),
    plain: exact !== undefined && !isMarkup(exact) ? exact : findTemplate(files, base, plainEndings),
  };
}
