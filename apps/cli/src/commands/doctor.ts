import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cli, Commands } from '../cli.js';
import { exitCodes, explain } from '../faults.js';
import { harmless, table } from '../terminal/style.js';
import { version } from '../version.js';

export function addDoctor({ program, does }: Commands): void {
  program
    .command('doctor')
    .description('look for what keeps this command line, the sandbox and your Annex from working')
    .option('--server', 'look at the running server alone, as its operator: database, queue, disks, certificates, …')
    .action(does(doctor));
}

interface Finding {
  check: string;
  /** `skip`: it cannot be looked at, because of something before it. */
  status: 'ok' | 'warn' | 'error' | 'skip';
  detail: string;
}

async function doctor(cli: Cli, { server }: { server?: boolean }): Promise<void> {
  if (server === true) return examineServer(cli);
  const findings = await cli.terminal.progress('Looking', async () => [
    ok('version', `annex ${version}, Node ${process.versions.node}`),
    await looked('profiles', () => checkProfiles(cli)),
    await looked('sandbox', checkSandbox),
    ...(await checkServer(cli)),
  ]);
  const isWell = findings.every(({ status }) => status !== 'error');
  cli.terminal.answer({ ok: isWell, findings }, (style) => {
    const colors = { ok: style.green, warn: style.yellow, error: style.red, skip: style.dim };
    return table(findings.map(({ check, status, detail }) => [colors[status](status), check, harmless(detail)]));
  });
  if (!isWell) cli.exitCode = exitCodes.failed;
}

/** What the server finds wrong with itself; a warning is no failure. */
async function examineServer(cli: Cli): Promise<void> {
  const annex = await cli.annex();
  const examined = await cli.terminal.progress('Looking', () => annex.examinePlatform());
  cli.terminal.answer(examined, (style) => {
    const colors = { ok: style.green, warning: style.yellow, fault: style.red };
    return table(
      examined.findings.map(({ check, status, detail, way_out: wayOut }) => [
        colors[status](status),
        check,
        harmless(wayOut === null ? detail : `${detail} ${wayOut}`),
      ]),
    );
  });
  if (examined.status === 'fault') cli.exitCode = exitCodes.failed;
}

const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });

async function looked(check: string, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (thrown) {
    const { code, detail } = explain(thrown);
    return { check, status: 'error', detail: `${detail} [${code}]` };
  }
}

async function checkProfiles({ environment }: Cli): Promise<Finding> {
  const file = join(environment.configDir, 'profiles.json');
  const found = await stat(file).catch(() => undefined);
  if (!found) return { check: 'profiles', status: 'skip', detail: 'nobody has signed in; "annex login" does' };
  return (found.mode & 0o077) === 0
    ? ok('profiles', file)
    : { check: 'profiles', status: 'warn', detail: `${file} can be read by others; run: chmod 600 ${file}` };
}

/** Starts the sandbox with its self-test, and runs the smallest plugin there is. */
async function checkSandbox(): Promise<Finding> {
  const { checkPlugin, closeSandbox } = await import('@annex/sdk/package');
  const manifest = { slug: 'doctor', name: 'Doctor', version: '1.0.0', entry: 'main.ts' };
  const files = new Map([
    ['plugin.json', Buffer.from(JSON.stringify(manifest))],
    ['main.ts', Buffer.from('export {}')],
  ]);
  const { ok: isOk, errors } = await checkPlugin(files).finally(closeSandbox);
  return isOk
    ? ok('sandbox', 'starts, passes its self-test and runs code')
    : { check: 'sandbox', status: 'error', detail: errors.map(({ detail }) => detail).join(' ') };
}

async function checkServer(cli: Cli): Promise<Finding[]> {
  const session = await cli.session().catch((thrown: unknown) => explain(thrown));
  if (!('annex' in session)) return [{ check: 'session', status: 'warn', detail: session.detail }];
  const { annex, url, tenant } = session;
  const ready = await looked('server', async () => {
    const { status, warnings = {} } = await annex.getReadiness();
    const said = Object.values(warnings).join(' ');
    if (status !== 'ready') return { check: 'server', status: 'error', detail: `${url} is not ready ${said}` };
    return said ? { check: 'server', status: 'warn', detail: `${url}: ${said}` } : ok('server', `${url} is ready`);
  });
  if (ready.status === 'error') return [ready];
  const signedIn = await looked('session', async () => {
    const { user, actor, tenants } = await annex.getMe();
    const place = tenants.find(({ slug }) => slug === tenant);
    return ok('session', `${user?.email ?? actor}${place ? `, ${place.role} of ${place.slug}` : ''}`);
  });
  return [ready, signedIn];
}
