/**
 * The console at `/console`, and the page that a browser lands on at `/`. Its files come from the build of
 * apps/console; every path that is no file is a screen, which the one page shows.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiErrors } from '../http/errors.js';
import type { Problems } from '../http/problem.js';
import { chooseEncoding, readConsoleFiles, type ConsoleFile } from './console-files.js';

const home = '/console/';
/** Stands in index.html where the nonce of an answer goes. */
const noncePlace = '%ANNEX_NONCE%';

/**
 * What the page may do. Scripts come from its own files only. Styles too, and those that carry the nonce of the answer:
 * Mantine and CodeMirror make some as they run (ADR 0060). Mails are previewed in frames without any rights.
 * `portalOrigins`: whose pages may embed it, and show a logo; default: nobody's.
 */
function policyWith(nonce: string, portalOrigins?: readonly string[]): string {
  const origins = portalOrigins ?? [];
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    ["img-src 'self' data: blob:", ...origins].join(' '),
    "font-src 'self'",
    "connect-src 'self'",
    'frame-src blob:',
    "form-action 'none'",
    "base-uri 'none'",
    `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`,
  ].join('; ');
}

const guarded = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves the console out of a folder that its build made. */
export async function addConsole(
  server: FastifyInstance,
  { folder, problems, portalOrigins }: { folder: string; problems: Problems; portalOrigins: readonly string[] },
): Promise<void> {
  // A hook instead of a route, so that everybody who asks for no page gets what `/` has always answered.
  server.addHook('onRequest', (request, reply, done) => {
    if (!isVisit(request)) return done();
    void reply.header('vary', 'Accept').redirect(home, 302);
  });
  await server.register((scope, _options, done) => {
    scope.setErrorHandler((thrown, request, reply) => problems.send(thrown, request, reply));
    addFiles(scope, folder, portalOrigins);
    done();
  });
}

function addFiles(server: FastifyInstance, folder: string, portalOrigins: readonly string[]): void {
  let read: Promise<Map<string, ConsoleFile>> | undefined;
  // Read at the first visit: most servers of tests never see one.
  const files = (): Promise<Map<string, ConsoleFile>> =>
    (read ??= readConsoleFiles(folder).catch((thrown: unknown) => {
      read = undefined;
      throw apiErrors.error('NOT_FOUND', 'The console is not built here. `npm run build` makes it.', { cause: thrown });
    }));
  const page = async (reply: FastifyReply, embeddedBy?: readonly string[]): Promise<FastifyReply> => {
    const found = (await files()).get('index.html');
    if (!found) throw apiErrors.error('NOT_FOUND', 'The console is not built here. `npm run build` makes it.');
    return sendPage(reply, found, embeddedBy);
  };
  server.get('/portal', (_request, reply) => page(reply, portalOrigins));
  server.get('/console', (_request, reply) => page(reply));
  server.get('/console/*', async (request, reply) => {
    const name = (request.params as { '*': string })['*'];
    const file = (await files()).get(name);
    if (file && name !== 'index.html') return sendFile({ request, reply, name, file });
    if (name.startsWith('assets/'))
      throw apiErrors.error('NOT_FOUND', 'The console was built anew and this file is gone. Load the page again.');
    return page(reply);
  });
}

/** Whether a browser opens `/`. */
function isVisit({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' || !/^\/(\?|$)/.test(url)) return false;
  return (headers.accept ?? '').split(',').some((part) => part.trim().startsWith('text/html'));
}

function sendFile({
  request,
  reply,
  name,
  file,
}: {
  request: FastifyRequest;
  reply: FastifyReply;
  name: string;
  file: ConsoleFile;
}): FastifyReply {
  const encoding = chooseEncoding(file, request.headers['accept-encoding']);
  return reply
    .headers({
      ...guarded,
      'content-type': file.type,
      // The names of assets carry a digest of what is in them.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
      vary: 'Accept-Encoding',
      ...(encoding && { 'content-encoding': encoding }),
    })
    .send(encoding ? file.encoded[encoding] : file.bytes);
}

/** `embeddedBy`: it is the page of portals, which these origins may embed. */
function sendPage(reply: FastifyReply, page: ConsoleFile, embeddedBy?: readonly string[]): FastifyReply {
  const nonce = randomBytes(16).toString('base64url');
  void reply.headers({
    ...guarded,
    'content-type': page.type,
    'cache-control': 'no-store',
    'content-security-policy': policyWith(nonce, embeddedBy),
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  });
  if (embeddedBy && embeddedBy.length > 0) embeddable(reply);
  return reply.send(page.bytes.toString('utf8').replaceAll(noncePlace, nonce));
}

/** What an older browser would refuse to embed whatever the policy says. */
function embeddable(reply: FastifyReply): FastifyReply {
  return reply.removeHeader('x-frame-options').header('cross-origin-resource-policy', 'cross-origin');
}
