import { expect, it } from 'vitest';
import { fairEgress } from './fair-egress.js';

it('lets a tenant have its share of the outbound requests, and another one passes it', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const egress = fairEgress(
    {
      request: ({ url }) => {
        asked.push(url);
        return new Promise((resolve) => answers.push(() => resolve({ status: 200, headers: [], url, body: new Uint8Array() })));
      },
    },
    { atOnce: 3, atOncePerTenant: 2 },
  );
  const ask = (tenant: string, url: string, signal?: AbortSignal) => egress.request({ method: 'GET', url, allowHosts: [], source: `${tenant}/plugin`, ...(signal && { signal }) });
  const leaving = new AbortController();
  const first = [ask('loud', '1'), ask('loud', '2')];
  const given = ask('loud', '3', leaving.signal);
  const quiet = ask('quiet', '4');
  expect(asked).toEqual(['1', '2', '4']);

  leaving.abort(new Error('the run has ended'));
  await expect(given).rejects.toThrow('the run has ended');
  for (const answer of answers) answer();
  await Promise.all([...first, quiet]);
  expect(asked).toEqual(['1', '2', '4']);
});
