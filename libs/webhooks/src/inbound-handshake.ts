/**
 * What senders ask before they send: whether somebody is there, and wants it. Each has a way of its own, and expects a
 * certain answer within seconds. What is repeated to them goes out as plain text, which no browser runs.
 */
import { hookLimits } from '@annex/limits';
import type { HookPreset, InboundRequest } from './inbound-request.js';
import { headerOf } from './inbound-request.js';
import { webhookErrors } from './errors.js';
import { sameText } from './tokens.js';

/** An answer to a sender's question: no event comes of it. */
export interface HandshakeAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export interface Handshake {
  preset: HookPreset;
  request: InboundRequest;
  /** What the sender was told to bring along (`verify_token`); `null`: nothing. */
  verifyToken: string | null;
}

/**
 * `HOOK_METHOD` for a request that cannot be a webhook or a question before one, whatever the source: nobody needs to
 * be looked up.
 */
export function methodFault(request: InboundRequest): Error | undefined {
  return mayBeTaken(request) ? undefined : wrongMethod(request);
}

export function wrongMethod({ method }: InboundRequest): Error {
  return webhookErrors.error(
    'HOOK_METHOD',
    `Webhooks are sent with POST. ${method} is taken only where a sender asks first, as its preset says.`,
    { headers: { allow: 'POST' } },
  );
}

function mayBeTaken(request: InboundRequest): boolean {
  switch (request.method) {
    case 'POST':
    case 'HEAD':
      return true;
    case 'GET':
      return one(request, 'hub.challenge') !== undefined;
    case 'OPTIONS':
      return headerOf(request, 'webhook-request-origin') !== undefined;
    default:
      return false;
  }
}

/**
 * The answer, if the request is such a question; `undefined`: it is something else. Throws `HOOK_UNVERIFIED` when the
 * question is whether this place wants what the sender has, and the sender does not bring the token that was agreed on.
 */
export function answerHandshake(handshake: Handshake): HandshakeAnswer | undefined {
  const { preset, request } = handshake;
  switch (request.method) {
    case 'GET':
      return answerHub(handshake);
    case 'HEAD':
      // Trello looks whether the address is there (developer.atlassian.com, "Trello webhooks: Creating a webhook").
      return preset === 'trello' ? { status: 200, headers: {}, text: '' } : undefined;
    case 'POST': {
      // Microsoft Graph (learn.microsoft.com, "Receive change notifications through webhooks: notificationUrl
      // validation").
      const token = preset === 'microsoft-graph' ? one(request, 'validationToken') : undefined;
      return token === undefined ? undefined : plain(token);
    }
    case 'OPTIONS':
      return answerCloudEvents(request);
    default:
      return undefined;
  }
}

/** `hub.challenge` of Meta (developers.facebook.com, "Verification requests") and WebSub (W3C WebSub §5.3). */
function answerHub({ preset, request, verifyToken }: Handshake): HandshakeAnswer | undefined {
  const mode = one(request, 'hub.mode');
  const challenge = one(request, 'hub.challenge');
  if (challenge === undefined || (mode !== 'subscribe' && mode !== 'unsubscribe')) return undefined;
  if (verifyToken !== null) {
    const given = one(request, 'hub.verify_token') ?? one(request, 'verify_token');
    if (sameText(given, [verifyToken])) return plain(challenge);
    throw webhookErrors.error(
      'HOOK_UNVERIFIED',
      'The verify_token is not the one of this source. Write the same text into both: here into the verify_token of ' +
        'the source, there where the webhook is registered.',
    );
  }
  // A hub of WebSub knows no token. What it sends is signed with a secret that it was told, so only an end that nobody
  // here asked for can do harm.
  if (preset === 'websub' && mode === 'subscribe') return plain(challenge);
  throw webhookErrors.error(
    'HOOK_UNVERIFIED',
    'This source has no verify_token. Set one with PUT /api/hooks/<source> { "verify_token" }, or name a secret as ' +
      'verify_token of a source in plugin.json, and give it to the sender.',
  );
}

/** CloudEvents "HTTP 1.1 Web Hooks for Event Delivery" §4: consent to be sent events. */
function answerCloudEvents(request: InboundRequest): HandshakeAnswer | undefined {
  const origin = headerOf(request, 'webhook-request-origin');
  if (origin === undefined || !/^[A-Za-z0-9*]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?$/.test(origin))
    return undefined;
  const rate = headerOf(request, 'webhook-request-rate') ?? '';
  return {
    status: 200,
    headers: {
      allow: 'POST',
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': /^[1-9]\d{0,8}$/.test(rate) ? rate : '*',
    },
    text: '',
  };
}

function plain(text: string): HandshakeAnswer {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, text };
}

/** A parameter that came once. */
function one({ query }: InboundRequest, name: string): string | undefined {
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  return typeof value === 'string' && value !== '' && value.length <= hookLimits.echoedChars ? value : undefined;
}
