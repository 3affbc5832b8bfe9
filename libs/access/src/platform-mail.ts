/** A mail of the platform's own. */
export interface PlatformMailText {
  subject: string;
  text: string;
}

/** What sends the platform's own mail, and knows under which address people reach it. */
export interface PlatformMail {
  /** Whether mail can be sent: there is a mail server, and links have an address to begin with. */
  readonly isReady: boolean;
  /** A link to a page of the platform; only its path where nobody has said the address. */
  linkTo(path: string): string;
  /** Resolves when the mail server took it. */
  send(mail: PlatformMailText & { to: string }): Promise<void>;
}

/** Sends nothing. */
export const noMail: PlatformMail = {
  isReady: false,
  linkTo: (path) => path,
  send: () => Promise.reject(new Error('there is no mail server')),
};
