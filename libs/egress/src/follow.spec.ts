import { describe, expect, it } from 'vitest';
import { createEgress } from './egress.js';
import { serve, open, get, text, codeOf, echo, closeServersAfterEach } from './testing/servers.js';

closeServersAfterEach();

describe('a redirect', () => {
  const redirectTo = (location: string, status = 302): Promise<number> =>
    serve(
      (request, response) =>
        void (request.url === '/' ? response.writeHead(status, { location }).end('x') : echo(request, response)),
    );

  it.each([
    'http://127.0.0.1:1/',
    'http://[::ffff:7f00:1]:1/',
    'http://169.254.169.254/',
    'http://2130706433:1/',
    'http://localhost:1/',
    '//10.0.0.1/',
  ])('to the inner address %s is refused', async (location) => {
    const port = await redirectTo(location);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`)))).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it.each([
    ['file:///etc/passwd', 'EGRESS_SCHEME'],
    ['data:text/plain,x', 'EGRESS_SCHEME'],
    ['http://user:pass@127.0.0.1/', 'EGRESS_URL'],
    ['http://[', 'EGRESS_RESPONSE'],
    ['http://other.x.io/', 'EGRESS_HOST_NOT_ALLOWED'],
  ])('to %s ends as %s', async (location, code) => {
    const port = await redirectTo(location);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { allowHosts: ['127.0.0.1'] })))).toBe(
      code,
    );
  });

  it('to the same origin keeps headers, method and body as its status says', async () => {
    const cases: [number, string, string, string][] = [
      [301, 'POST', 'GET', ''],
      [302, 'POST', 'GET', ''],
      [303, 'POST', 'GET', ''],
      [303, 'PUT', 'GET', ''],
      [307, 'POST', 'POST', 'b'],
      [308, 'PUT', 'PUT', 'b'],
      [302, 'PUT', 'PUT', 'b'],
    ];
    for (const [status, method, then, body] of cases) {
      const port = await redirectTo('/next', status);
      const answer = await open(port).request(
        get(`http://127.0.0.1:${port}/`, {
          method,
          body: 'b',
          headers: [
            ['authorization', 'secret'],
            ['content-type', 'text/plain'],
          ],
        }),
      );
      const seen = JSON.parse(text(answer.body));
      expect(seen, `${status} ${method}`).toMatchObject({
        method: then,
        body,
        url: '/next',
        headers: { authorization: 'secret' },
      });
      expect(seen.headers['content-type'], `${status} ${method}`).toBe(body ? 'text/plain' : undefined);
      expect(answer.url).toBe(`http://127.0.0.1:${port}/next`);
    }
  });

  it('to another origin leaves every header behind that could be a secret', async () => {
    const other = await serve(echo);
    const port = await redirectTo(`http://127.0.0.1:${other}/next`, 307);
    const egress = createEgress({ allowPrivate: [`127.0.0.1:${port}`, `127.0.0.1:${other}`] });
    const headers: [string, string][] = [
      ['authorization', 's'],
      ['cookie', 's'],
      ['x-api-key', 's'],
      ['content-type', 'text/plain'],
      ['accept', 'a/b'],
    ];
    const answer = await egress.request(get(`http://127.0.0.1:${port}/`, { headers, source: 't/p' }));
    expect(JSON.parse(text(answer.body)).headers).toEqual({
      host: `127.0.0.1:${other}`,
      connection: 'close',
      accept: 'a/b',
      'content-type': 'text/plain',
      'user-agent': 'Annex/1',
      'accept-encoding': 'gzip',
      'x-annex-hops': '1',
      'x-annex-source': 't/p',
    });
  });

  it('is followed three times, not four', async () => {
    const port = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('done');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(text((await open(port).request(get(`http://127.0.0.1:${port}/3`))).body)).toBe('done');
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/4`)))).toBe('EGRESS_REDIRECTS');
  });

  it('is answered instead of followed when none is wanted, or fails by name', async () => {
    const port = await redirectTo('http://169.254.169.254/');
    expect(await open(port).request(get(`http://127.0.0.1:${port}/`, { redirect: 'manual' }))).toMatchObject({
      status: 302,
      body: Buffer.from('x'),
      headers: expect.arrayContaining([['location', 'http://169.254.169.254/']]),
    });
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { redirect: 'error' })))).toBe(
      'EGRESS_REDIRECTS',
    );
    const quiet = await serve(echo);
    expect((await open(quiet).request(get(`http://127.0.0.1:${quiet}/`, { redirect: 'error' }))).status).toBe(200);
  });
});
