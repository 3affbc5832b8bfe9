/** From a key to an installed plugin, by the command line alone: sign, build, verify, deploy, install. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex } from '../support/annex.js';
import { makeCommandLine, type CommandLine, type Ended } from '../support/cli.js';
import { emptyPackage } from '../support/package-catalogue.js';

let annex: TestAnnex;
let cli: CommandLine;
const inside = (name: string): string => join(cli.folder, name);
beforeAll(async () => {
  cli = makeCommandLine();
  mkdirSync(inside('packages'));
  for (const version of ['1.0.0', '1.1.0'])
    writeFileSync(inside(`packages/hello ${version}.zip`), emptyPackage('hello', version).bytes);
  await well('keygen --publisher Acme --out keys');
  annex = await startTestAnnex({
    ANNEX_PACKAGES: 'signed',
    ANNEX_PUBLISHERS: inside('keys/publishers.json'),
    ANNEX_CATALOGUE_URL: pathToFileURL(inside('packages/')).href,
  });
  const tenant = await annex.makeTenant();
  environment = { ANNEX_URL: annex.url, ANNEX_TOKEN: tenant.owner.token };
});
afterAll(async () => {
  await annex?.stop();
  cli?.remove();
});

let environment: Record<string, string> = {};
const patient = { timeout: 600_000 };
const run = (line: string, more: string[] = []): Promise<Ended> =>
  cli.run([...line.split(' '), ...more], { env: environment });
async function well(line: string, more: string[] = []): Promise<Ended> {
  const ended = await run(line, more);
  expect([ended.code, ended.err], line).toEqual([0, expect.anything()]);
  return ended;
}

describe('the command line', patient, () => {
  it('keeps the private key to itself', async () => {
    expect(statSync(inside('keys/signing-key.json')).mode & 0o777).toBe(0o600);
    const { d } = JSON.parse(readFileSync(inside('keys/signing-key.json'), 'utf8')) as { d: string };
    expect(readFileSync(inside('keys/publishers.json'), 'utf8')).not.toContain(d);
    const again = await run('keygen --out keys');
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('is there already')]);
    writeFileSync(inside('broken.json'), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'no', d }));
    const said = await run('sign --key broken.json', ['packages/hello 1.0.0.zip']);
    expect([said.code, said.err]).toEqual([1, expect.stringContaining('SIGNATURE_INVALID')]);
    expect(said.err + said.out).not.toContain(d);
  });

  it('signs a package, builds a catalogue of it, finds it sound, and installs from it', async () => {
    await well('sign --key keys/signing-key.json', ['packages/hello 1.0.0.zip']);
    const built = (await well('catalogue build packages --key keys/signing-key.json --json')).json();
    expect(built).toMatchObject({
      serial: 1,
      releases: [
        { version: '1.0.0', publisher: 'Acme', signature: expect.any(String) },
        { version: '1.1.0', url: 'hello%201.1.0.zip' },
      ],
    });
    const verified = await well('catalogue verify packages --publishers keys/publishers.json --json');
    expect(verified.json()).toMatchObject({ publisher: 'Acme', faults: [] });
    expect((await well('catalogue install hello --release 1.0.0 --enable')).out).toContain('vouched for by Acme');
    expect((await well('catalogue ls')).out).toMatch(/hello +1\.1\.0 +1\.0\.0 \(old\) +Acme/);
    expect((await well('releases ls hello')).out).toMatch(/1\.0\.0 .* Acme/);
  });

  it('takes a release back in the next catalogue, and in those after it', async () => {
    await well('catalogue build packages --key keys/signing-key.json', ['--yank', 'hello@1.1.0=it loses mail']);
    const again = (await well('catalogue build packages --key keys/signing-key.json --json')).json();
    expect(again.serial).toBeGreaterThan(2);
    expect(again.releases[1]).toMatchObject({ yanked: true, yanked_because: 'it loses mail' });
    const refused = await run('catalogue install hello --release 1.1.0');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('it loses mail')]);
    const unknown = await run('catalogue build packages --key keys/signing-key.json --yank hello@9.9.9');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('hello@9.9.9')]);
  });

  it('finds what was changed behind the catalogue', async () => {
    writeFileSync(inside('packages/hello 1.1.0.zip'), emptyPackage('hello', '1.1.0', 'evil').bytes);
    const found = await run('catalogue verify packages --publishers keys/publishers.json --json');
    expect(found.code).toBe(1);
    expect(found.json().faults).toMatchObject([{ version: '1.1.0', code: 'SIGNATURE_MISMATCH' }]);
  });

  it('deploys a folder with a signature', async () => {
    await well('init own --template api-extension');
    const unsigned = await run('deploy own --yes');
    expect([unsigned.code, unsigned.err]).toEqual([3, expect.stringContaining('PACKAGE_UNSIGNED')]);
    const deployed = (await well('deploy own --grant all --key keys/signing-key.json --json')).json();
    expect(deployed.release.signed_by).toMatchObject({ publisher: 'Acme', by: 'package' });
  });
});
