/**
 * Pages that links in mails lead to. Each is one file without anything from elsewhere, and may reach nothing but this
 * API. The token stands behind the `#` of the address: no server, log or `Referer` ever sees it.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export interface Page {
  path: string;
  title: string;
  /** The HTML of its form. */
  body: string;
  /** JavaScript; `annex` is at hand (see {@link shared}). */
  script: string;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 26rem; margin: 12vh auto; padding: 0 1.25rem }
h1 { font-size: 1.4rem; line-height: 1.3 }
label { display: block; margin: 1rem 0 }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem .6rem; margin-top: .25rem }
input[type=checkbox] { display: inline; width: auto; margin: 0 .5rem 0 0 }
button { font: inherit; padding: .5rem 1.1rem }
[role=alert] { color: #c4141c } [role=alert]:empty { display: none }
@media (prefers-color-scheme: dark) { [role=alert] { color: #ff8a80 } }
`;

/** What every page's script begins with. */
const shared = `
'use strict';
const annex = {
  token: new URLSearchParams(location.hash.slice(1)).get('token') ?? '',
  at: (id) => document.getElementById(id),
  async send(path, body) {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      referrerPolicy: 'no-referrer',
    });
    const value = answer.status === 204 ? {} : await answer.json();
    if (answer.ok) return value;
    const faults = (value.errors ?? []).map(({ pointer, detail }) => pointer.slice(1) + ' ' + detail);
    throw new Error(faults.length > 0 ? faults.join('; ') : value.detail);
  },
  // A form that is sent once at a time, and says what was wrong.
  form(id, work) {
    annex.at(id).addEventListener('submit', async (event) => {
      event.preventDefault();
      const button = event.target.querySelector('button');
      annex.at('fault').textContent = '';
      button.disabled = true;
      try {
        await work(new FormData(event.target));
      } catch (fault) {
        annex.at('fault').textContent = fault.message;
        button.disabled = false;
      }
    });
  },
  end(title, text) {
    annex.at('title').textContent = title;
    annex.at('content').replaceChildren(Object.assign(document.createElement('p'), { textContent: text }));
  },
};
history.replaceState(null, '', location.pathname);
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Serves a page. */
export function addPage(server: FastifyInstance, { path, title, body, script }: Page): void {
  const code = `${shared}${script}`;
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
<main>
<h1 id="title">${title}</h1>
<div id="content">
${body}
</div>
<p id="fault" role="alert"></p>
<noscript><p>This page needs JavaScript.</p></noscript>
</main>
<script>${code}</script>
</html>
`;
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  server.get(path, (_request, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      .send(html),
  );
}
