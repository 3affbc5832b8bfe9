import { describe, expect, it } from 'vitest';
import { packageFileLimits } from '@annex/limits';
import { checkPackage, type PackageReport } from '../check-package.js';
import { packFiles } from '../pack/pack.js';

const webhook = (secret: string): string =>
  `api_version: v1\non: [a.b]\ndelivery:\n  url: "\${SECRET:${secret}}"\n  headers: { X-Key: "\${SECRET:KEY}" }\n` +
  '  signing: { secret: "${SECRET:SIGN}" }\n';

function check(manifest: object, files: Record<string, string>): Promise<PackageReport> {
  const whole = { slug: 'x', name: 'X', version: '1.0.0', entry: 'main.py', ...manifest };
  const entries = { 'plugin.json': JSON.stringify(whole), 'main.py': '', 'main.ts': '', ...files };
  return checkPackage(packFiles(Object.entries(entries)), {
    inspect: () => Promise.resolve({ ok: true, registrations: [], warnings: [] }),
  });
}

describe('a package in Python with webhooks', () => {
  it('asks for what they need, and is told to write it down', async () => {
    const report = await check(
      { secrets: [{ name: 'KEY', required: true }], permissions: ['db.read'] },
      { 'webhooks/one.yaml': webhook('URL'), 'webhooks/two.yaml': webhook('URL') },
    );
    expect(report.errors).toEqual([]);
    expect(report.manifest?.secrets).toEqual([
      { name: 'KEY', required: true, description: null },
      { name: 'URL', required: false, description: null },
      { name: 'SIGN', required: false, description: null },
    ]);
    expect(report.manifest?.permissions).toEqual([{ name: 'db.read' }, { name: 'emit_webhook' }]);
    expect(report.warnings.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/secrets SECRET_UNDECLARED',
      '/secrets SECRET_UNDECLARED',
      '/permissions WEBHOOK_PERMISSION',
    ]);
    expect(report.warnings[0]?.detail).toContain('webhooks/one.yaml uses the secret "URL"');
  });

  it('that declares all of it is left alone', async () => {
    const declared = { secrets: ['URL', 'KEY', 'SIGN'], permissions: ['emit_webhook'] };
    const report = await check(declared, { 'webhooks/one.yaml': webhook('URL') });
    expect(report).toMatchObject({ ok: true, warnings: [] });
    expect(report.manifest?.secrets).toHaveLength(3);
    expect(report.manifest?.permissions).toEqual([{ name: 'emit_webhook' }]);
  });

  it('may not use more secrets than a package may name', async () => {
    const secrets = Array.from({ length: packageFileLimits.secrets }, (_, index) => `S_${index}`);
    const report = await check({ secrets }, { 'webhooks/one.yaml': webhook('URL') });
    expect(report.errors).toMatchObject([{ pointer: '/secrets', code: 'RANGE' }]);
    expect(report.manifest?.secrets).toHaveLength(packageFileLimits.secrets);
  });

  it('has to say so itself in TypeScript', async () => {
    const report = await check({ entry: 'main.ts' }, { 'webhooks/one.yaml': webhook('URL') });
    expect(report.errors.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'SECRET_UNDECLARED'));
    expect(report.manifest).toMatchObject({ secrets: [], permissions: [] });
  });
});
