/** The session of the console: a cookie that no script reads, no plugin sees and no other site can use. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, type Answer, type Client, type TestAnnex } from '../support/annex.js';

const own = { 'x-annex-console': '1' };
let annex: TestAnnex;
let nobody: Client;
beforeAll(async () => {
  annex = await startTestAnnex();
  nobody = makeClient(annex.url, '');
});
afterAll(() => annex.stop());

/** Signs somebody new in as a browser does. */
async function begin(headers: Record<string, string> = {}): Promise<{ cookie: string; answer: Answer; email: string }> {
  const { owner, slug } = await annex.makeTenant();
  const email = `b-${slug}@test.test`;
  await owner.post('/api/users', { email, password: 'a-long-password', role: 'admin' });
  const answer = await nobody.post('/api/auth/browser-session', { email, password: 'a-long-password' }, headers);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  return { cookie, answer, email };
}

describe('the console’s session', () => {
  it('is a cookie for /api alone, and its token stands nowhere else', async () => {
    const { answer, cookie, email } = await begin();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^annex_session=[\w\-.]+; Path=\/api; Max-Age=\d+; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.body).toMatchObject({ user: { email }, tenants: [{ role: 'admin' }] });
    expect(JSON.stringify(answer.body)).not.toContain(cookie.split('=')[1]);
    expect(await nobody.get('/api/me', { cookie, ...own })).toMatchObject({ status: 200, body: { email } });
  });

  it('is Secure where the browser came by HTTPS', async () => {
    const behind = await startTestAnnex({ ANNEX_TRUST_PROXY: '127.0.0.1' });
    const { owner } = await behind.makeTenant();
    await owner.post('/api/users', { email: 's@secure.test', password: 'a-long-password', role: 'viewer' });
    const answer = await makeClient(behind.url, '').post(
      '/api/auth/browser-session',
      { email: 's@secure.test', password: 'a-long-password' },
      { 'x-forwarded-proto': 'https' },
    );
    expect(answer.headers.get('set-cookie')).toMatch(/; SameSite=Strict; Secure$/);
    await behind.stop();
  });

  it('counts for nothing that another site could send', async () => {
    const { cookie } = await begin();
    const refused = { status: 401, body: { code: 'UNAUTHENTICATED' } };
    expect(await nobody.get('/api/me', { cookie })).toMatchObject(refused);
    expect(await nobody.get('/api/me', { cookie, 'x-annex-console': 'yes' })).toMatchObject(refused);
    for (const site of ['cross-site', 'same-site', 'none'])
      expect(await nobody.get('/api/me', { cookie, ...own, 'sec-fetch-site': site })).toMatchObject(refused);
    expect((await nobody.get('/api/me', { cookie, ...own, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    const form = await nobody.request('POST', '/api/events', {
      headers: { cookie, 'content-type': 'text/plain' },
      raw: '{"type":"a.b"}',
    });
    expect(form.status).toBe(401);
  });

  it('opens no route of a plugin', async () => {
    const { cookie } = await begin();
    expect((await nobody.get('/ext/anything/at/all', { cookie, ...own })).status).toBe(401);
  });

  it('gives way to a token that is sent', async () => {
    const { cookie } = await begin();
    expect(await nobody.get('/api/me', { cookie, ...own, authorization: 'Bearer annex_wrong' })).toMatchObject({
      status: 401,
    });
  });

  it('ends, and the cookie goes, also where it has ended already', async () => {
    const { cookie } = await begin();
    for (const _ of [1, 2]) {
      const ended = await nobody.request('DELETE', '/api/auth/browser-session', { headers: { cookie, ...own } });
      expect(ended.status).toBe(204);
      expect(ended.headers.get('set-cookie')).toMatch(/^annex_session=; Path=\/api; Max-Age=0;/);
      expect((await nobody.get('/api/me', { cookie, ...own })).status).toBe(401);
    }
    expect((await nobody.delete('/api/auth/browser-session')).status).toBe(204);
  });

  it('goes on behind a change of the password, and the new token stays in the cookie', async () => {
    const { cookie, email } = await begin();
    const changed = await nobody.post(
      '/api/auth/password',
      { current_password: 'a-long-password', new_password: 'another-long-password' },
      { cookie, ...own },
    );
    expect(changed.status).toBe(200);
    expect(changed.body).not.toHaveProperty('access_token');
    const renewed = changed.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(renewed).toMatch(/^annex_session=[\w\-.]+$/);
    expect((await nobody.get('/api/me', { cookie, ...own })).status).toBe(401);
    expect(await nobody.get('/api/me', { cookie: renewed, ...own })).toMatchObject({ status: 200, body: { email } });
  });

  it('refuses a wrong password as signing in does, without a cookie', async () => {
    const refused = await nobody.post('/api/auth/browser-session', { email: 'a@b.test', password: 'wrong-password' });
    expect(refused).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    expect(refused.headers.get('set-cookie')).toBeNull();
  });
});

describe('the console’s files', () => {
  it('are where a browser lands, and curl finds what it has always found', async () => {
    const landed = await nobody.get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(landed.status).toBe(302);
    expect(landed.headers.get('location')).toBe('/console/');
    expect(await nobody.get('/', { accept: '*/*' })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await nobody.post('/', {})).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('come with a policy that lets no script and no style in but its own, each time with another nonce', async () => {
    const page = async (path: string) => {
      const answer = await nobody.get(path);
      expect(answer.status).toBe(200);
      const policy = answer.headers.get('content-security-policy') ?? '';
      const [, nonce = ''] = /style-src 'self' 'nonce-([\w-]{22})'/.exec(policy) ?? [];
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(answer.body).toContain(`nonce="${nonce}"`);
      expect(answer.body).not.toMatch(/<script>|<style|\son\w+=|style=/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      return nonce;
    };
    expect(await page('/console/')).not.toBe(await page('/console/t/acme/runs/run_01'));
    expect(await page('/console')).not.toBe('');
  });

  it('are small: what the first screen loads is at most 300 kB compressed', async () => {
    const { body } = await nobody.get('/console/');
    const names = [...String(body).matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(3);
    let bytes = 0;
    for (const name of names) {
      const head = await fetch(`${annex.url}${name}`, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
      expect(head.status).toBe(200);
      if (name.includes('/assets/')) {
        expect(head.headers.get('content-encoding')).toBe('gzip');
        expect(head.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      }
      bytes += Number(head.headers.get('content-length'));
    }
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
  });

  it('are sent in the encoding that is asked for, and not found when they are gone', async () => {
    const { body } = await nobody.get('/console/');
    const [, script = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(String(body)) ?? [];
    const texts = await Promise.all(
      ['br', 'gzip', 'identity', 'br;q=0, gzip'].map(async (encoding) => {
        const answer = await fetch(`${annex.url}${script}`, { headers: { 'accept-encoding': encoding } });
        return [answer.headers.get('content-encoding'), await answer.text()];
      }),
    );
    expect(texts.map(([encoding]) => encoding)).toEqual(['br', 'gzip', null, 'gzip']);
    expect(new Set(texts.map(([, text]) => text)).size).toBe(1);
    expect(await nobody.get('/console/assets/gone-123.js')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await nobody.get('/console/../package.json')).status).toBe(404);
  });
});
