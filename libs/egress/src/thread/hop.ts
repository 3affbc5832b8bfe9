/** What the program and its HTTP thread say to each other: one hop of a request, and how it ended. */

/** One hop, decided on already: the thread dials, talks and reads, and knows no rules about hosts. */
export interface HopOrder {
  id: number;
  secure: boolean;
  /** The URL's host, for TLS and for messages. */
  host: string;
  /** The host as the `Host` field has it, without the port. */
  authority: string;
  port: number;
  /** Vetted; tried in this order. */
  addresses: readonly string[];
  /** More certificates to trust, in PEM. */
  ca: readonly string[] | undefined;
  method: string;
  /** Path and query. */
  path: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array<ArrayBuffer> | null;
  /** Of the body, as it arrives and inflated. */
  maxBytes: number;
  /** What happens to a body that is larger, broken or late: the hop fails, or the answer holds what was read of it. */
  overflow: 'fail' | 'cut';
  /** Whether the body of a redirect is left unread. */
  stopAtRedirect: boolean;
}

/** What came back from one hop. */
export interface HopAnswer {
  status: number;
  /** Name, value, name, value … as they were sent. */
  headers: string[];
  body: Uint8Array<ArrayBuffer>;
  /** Whether the body was inflated; its fields then speak of what is no longer there. */
  inflated: boolean;
  /** Whether there was more than `body` holds, or may have been. */
  cut: boolean;
}

/** `end`: the time is over, or nobody waits any more. */
export type ToThread = { kind: 'send'; order: HopOrder } | { kind: 'end'; id: number };

/** `code`: one of the egress catalogue. */
export type FromThread = { id: number } & (
  { ok: true; answer: HopAnswer } | { ok: false; code: string; detail: string }
);
