/** The texts of mails that the platform sends itself. Links stand on lines of their own, so that none is cut. */
import { HOUR, DAY } from '@annex/kernel';
import type { PlatformMailText } from './platform-mail.js';

/**
 * A name that somebody chose, as a mail shows it: letters, digits and a few signs. A name must not look like an address
 * that a mail program makes a link of.
 */
function shownName(name: string): string {
  return name
    .replace(/[^\p{L}\p{M}\p{N} '&()+,_-]+/gu, ' ')
    .trim()
    .slice(0, 80);
}

const inWords = (ms: number): string =>
  ms >= 2 * DAY ? `${Math.round(ms / DAY)} days` : ms === HOUR ? 'an hour' : `${Math.round(ms / HOUR)} hours`;

/** Asks somebody into a tenant. */
export function invitationMail(mail: {
  tenant: { name: string; slug: string };
  role: string;
  /** Who invites; `null`: somebody without a name. */
  inviter: string | null;
  link: string;
  lifeMs: number;
}): PlatformMailText {
  const tenant = shownName(mail.tenant.name) || mail.tenant.slug;
  return {
    subject: `You are invited to ${tenant}`,
    text: [
      `${mail.inviter ?? 'An administrator'} invites you to ${tenant} as ${mail.role}.`,
      '',
      'Accept the invitation here:',
      mail.link,
      '',
      `The link works once, within ${inWords(mail.lifeMs)}. Whoever has it can accept it: pass it on to nobody.`,
      'If you expect no invitation, ignore this mail; nothing happens then.',
      '',
    ].join('\n'),
  };
}

/** Brings the link for a new password. */
export function passwordResetMail({ link, lifeMs }: { link: string; lifeMs: number }): PlatformMailText {
  return {
    subject: 'A new password',
    text: [
      'Somebody asked for a new password for your account, and gave this address.',
      '',
      'Choose it here:',
      link,
      '',
      `The link works once, within ${inWords(lifeMs)}. It changes nothing before you choose a password.`,
      'If it was not you, ignore this mail.',
      '',
    ].join('\n'),
  };
}

/** Tells the owner of an account, who may not have been the one who did it. */
export function passwordChangedMail(): PlatformMailText {
  return {
    subject: 'Your password was changed',
    text: [
      'The password of your account was changed with a link from a mail to this address, and every sign-in with the',
      'old one has ended.',
      '',
      'If it was not you, tell an administrator at once: somebody else may read your mail.',
      '',
    ].join('\n'),
  };
}
