export { mailErrors } from './errors.js';
export { composeMail, type Mail, type MailInput } from './compose.js';
export { readMailbox, writeMailbox, type Mailbox } from './mailbox.js';
export { createSmtp, type MailTransport, type OutgoingMail } from './smtp.js';
export { Mailer, type MailerOptions, type MailOrigin, type MailView, type SentMail } from './mailer.js';
export { PlatformMailer } from './platform-mailer.js';
export { MailAttachmentRow } from './rows/mail-attachment-row.js';
export { MailRow } from './rows/mail-row.js';
