/** Sends a request hop by hop, until an answer is no redirect that is followed. */
import { quote, type AnnexError } from '@annex/kernel';
import { httpLimits, maxHttpBodyBytes } from '@annex/limits';
import { startDeadline } from './deadline.js';
import { egressErrors } from './errors.js';
import { nextHop, type Hop } from './hops.js';
import { type EgressRequest, type EgressResponse } from './request.js';
import { sendVettedHop, type HopNetwork, type Redirect } from './vetted-hop.js';

/** What a request wants of its hops. */
type Wishes = Pick<
  EgressRequest,
  'allowHosts' | 'redirect' | 'maxResponseBytes' | 'overflow' | 'stayOnOrigin' | 'signal'
>;

/** The answer at the end of the redirects, within `timeoutMs` for all of them. */
export async function follow(
  network: HopNetwork,
  first: Hop,
  wishes: Wishes,
  timeoutMs: number,
): Promise<EgressResponse> {
  const { allowHosts, redirect = 'follow', maxResponseBytes = maxHttpBodyBytes, overflow = 'fail' } = wishes;
  const deadline = startDeadline(timeoutMs, wishes.signal, () => late(timeoutMs));
  let hop = first;
  try {
    for (let followed = 0; ; followed += 1) {
      const answer = await sendVettedHop(network, hop, {
        allowHosts,
        maxBytes: maxResponseBytes,
        overflow,
        stopAtRedirect: redirect !== 'manual',
        signal: deadline.signal,
      });
      if (!('location' in answer)) return answer;
      hop = redirected(hop, answer, followed, wishes);
    }
  } catch (thrown) {
    deadline.signal.throwIfAborted();
    throw thrown;
  } finally {
    deadline.stop();
  }
}

/** The hop that a redirect asks for, where the request may follow it. `followed`: redirects before this one. */
function redirected(hop: Hop, answer: Redirect, followed: number, { redirect, stayOnOrigin }: Wishes): Hop {
  const { host, origin } = new URL(hop.url);
  const refuse = (detail: string): AnnexError => egressErrors.error('EGRESS_REDIRECTS', detail);
  if (redirect === 'error')
    throw refuse(
      `${quote(host)} redirects, and the request asked for redirect: "error". Send it to the final address.`,
    );
  if (followed >= httpLimits.redirects)
    throw refuse(`More than ${httpLimits.redirects} redirects, the last one from ${quote(host)}.`);
  const next = nextHop(hop, answer.status, answer.location);
  const there = new URL(next.url);
  if (stayOnOrigin && there.origin !== origin)
    throw refuse(
      `${quote(host)} redirects to another origin, ${quote(there.host)}, and the request carries a secret. ` +
        'Send it to the final address.',
    );
  return next;
}

function late(timeoutMs: number): AnnexError {
  return egressErrors.error(
    'EGRESS_TIMEOUT',
    `No complete answer within ${timeoutMs} ms. Allow more time (timeoutMs) or ask for less.`,
  );
}
