import { describe, expect, it } from 'vitest';
import { droppedText, isPluginHeader, privately, sentHeaders } from './response-headers.js';

describe('a header of a plugin’s answer', () => {
  it.each([
    'content-type',
    'etag',
    'link',
    'location',
    'vary',
    'cache-control',
    'retry-after',
    'content-disposition',
    'access-control-allow-origin',
    'x-kind',
    'x-total-count',
    'x-ratelimit-remaining',
    'x-robots-tag',
    'x-frame-options',
    'x-powered-by',
    'x-amz-meta-owner',
    'x-hub-signature-256',
    'hx-trigger',
    'ce-type',
    'tus-resumable',
    'webhook-allowed-origin',
    'mcp-session-id',
    'x-original',
    'x-accelerated',
    'x-sender',
    'x-request-identity',
  ])('passes: %s', (name) => {
    expect(isPluginHeader(name)).toBe(true);
  });

  it.each([
    // Servers and caches in front obey them.
    'x-accel-redirect',
    'x-accel-buffering',
    'x-accel-expires',
    'x-sendfile',
    'x-sendfile2',
    'x-sendfile-type',
    'x-lighttpd-send-file',
    'x-litespeed-location',
    'x-reproxy-url',
    'x-rewrite-url',
    'x-original-url',
    'x-middleware-rewrite',
    'surrogate-control',
    'surrogate-key',
    'cdn-cache-control',
    'cloudflare-cdn-cache-control',
    'cache-status',
    'cache-tag',
    'edge-control',
    'x-cache',
    'x-varnish',
    'age',
    'via',
    'x-forwarded-for',
    'x-amzn-remapped-authorization',
    // They speak for the whole host, for the connection, or for Annex.
    'set-cookie',
    'set-cookie2',
    'www-authenticate',
    'proxy-authenticate',
    'authentication-info',
    'strict-transport-security',
    'public-key-pins',
    'clear-site-data',
    'service-worker-allowed',
    'alt-svc',
    'nel',
    'report-to',
    'reporting-endpoints',
    'accept-ch',
    'origin-agent-cluster',
    'access-control-allow-credentials',
    'access-control-allow-private-network',
    'connection',
    'transfer-encoding',
    'trailer',
    'upgrade',
    'content-length',
    'date',
    'server',
    'refresh',
    'x-request-id',
    'x-annex-caller',
    'annex-run-id',
    'x-tenant-slug',
    'x-content-type-options',
    'something-else',
  ])('is left out: %s', (name) => {
    expect(isPluginHeader(name)).toBe(false);
  });

  it('comes as often as it was given, where it may come more than once', () => {
    const { fields, dropped, hasBytes } = sentHeaders([
      ['link', '<a>'],
      ['x-a', '1'],
      ['link', '<b>'],
      ['etag', '"1"'],
      ['etag', '"2"'],
      ['x-sendfile', '/etc/passwd'],
      ['x-sendfile', '/'],
      ['link', '<c>'],
      ['content-length', '1'],
    ]);
    expect([...fields]).toEqual([
      ['link', ['<a>', '<b>', '<c>']],
      ['x-a', '1'],
      ['etag', '"2"'],
    ]);
    expect(dropped).toEqual(['x-sendfile']);
    expect(hasBytes).toBe(false);
    expect(droppedText(dropped)).toContain('x-sendfile');
    expect(droppedText([])).toBeUndefined();
    expect(sentHeaders([['x-a', 'é']]).hasBytes).toBe(true);
  });
});

describe('caches', () => {
  it.each([
    [undefined, 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['S-MaxAge=600, max-age=1', 'private, max-age=1'],
    ['no-store', 'private, no-store'],
    ['private="x-a", max-age=5', 'private, max-age=5'],
    [['public', 's-maxage=1'], 'private'],
  ])('that are shared keep nothing of %j: %j', (given, expected) => {
    expect(privately(given)).toBe(expected);
  });
});
