/** A real OpenID provider on the loopback address, with the people that a test gives it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** What the provider says of somebody, by the name they sign in with. Any password will do. */
export type People = Map<string, Record<string, unknown>>;

export interface OpenIdProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  people: People;
  /** Has every request fail from now on, or none. */
  breakDown(isBroken: boolean): void;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** What somebody's browser comes back with who signs in at `url`: the query of the redirect. */
  signIn(url: string, name: string): Promise<string>;
  close(): Promise<void>;
}

const clientId = 'annex';
const clientSecret = 'of-annex-at-the-provider';

/** Starts a provider on a free port. */
export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  const people: People = new Map();
  const asked: string[] = [];
  let isBroken = false;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (isBroken) response.writeHead(503).end();
    else void answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = makeProvider(issuer, people).callback();
  return {
    ...{ issuer, clientId, clientSecret, people, asked },
    breakDown(broken) {
      isBroken = broken;
    },
    signIn: (url, name) => signIn(issuer, url, name),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function makeProvider(issuer: string, people: People): Provider {
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: ['http://127.0.0.1/console/oidc'] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups', 'org'] },
    cookies: { keys: ['of this test'] },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    // Nobody is asked whether Annex may know who they are.
    async loadExistingGrant({ oidc: { client, session, provider: own } }) {
      if (!client || session?.accountId === undefined) return undefined;
      const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  // Annex of a test has another port each time.
  provider.Client.prototype.redirectUriAllowed = (uri) => /^http:\/\/127\.0\.0\.1:\d+\/console\/oidc$/.test(uri);
  return provider;
}

/** What a browser does between Annex and Annex: it follows, keeps cookies, and somebody fills the form in. */
async function signIn(issuer: string, url: string, name: string): Promise<string> {
  const cookies = new Map<string, string>();
  let next = { url, init: {} as RequestInit };
  for (let steps = 0; steps < 10; steps += 1) {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const answer = await fetch(next.url, {
      ...next.init,
      redirect: 'manual',
      headers: { ...next.init.headers, cookie },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = answer.headers.get('location');
    if (location === null) {
      const action = /action="([^"]+)"/.exec(await answer.text())?.[1];
      if (action === undefined) throw new Error(`the provider shows no form: ${answer.status} ${next.url}`);
      const body = new URLSearchParams({ prompt: 'login', login: name, password: 'any' });
      next = { url: new URL(action, issuer).href, init: { method: 'POST', body } };
      continue;
    }
    const target = new URL(location, issuer);
    if (target.origin !== issuer) return target.search.slice(1);
    next = { url: target.href, init: {} };
  }
  throw new Error('the provider goes round in circles');
}
