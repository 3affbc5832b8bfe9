import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePackage } from '@annex/manifest';
import {
  createSandbox,
  type Bundle,
  type KillReport,
  type Registration,
  type RunOutcome,
  type RunRequest,
  type Sandbox,
  type SandboxOptions,
} from '@annex/sandbox';

const plugins = join(dirname(fileURLToPath(import.meta.url)), '../plugins');

interface LoadedPlugin {
  bundle: Bundle;
  registrations: Registration[];
}

export interface HostileHost {
  sandbox: Sandbox;
  kills: KillReport[];
  /** Runs a job or a route of `plugins/<file>` for a tenant. */
  attack(file: string, name: string, over?: Partial<RunRequest>): Promise<RunOutcome>;
  /** Failures of the innocent tenant's runs, which go on all the time. */
  innocentFailures: string[];
  /** One more run of the innocent tenant, from now. */
  innocentRun(): Promise<RunOutcome>;
  stop(): Promise<void>;
}

/** Names of the jobs and paths of the routes that a hostile plugin registers, for tables that must not miss one. */
export async function handlersOf(file: string): Promise<string[]> {
  const source = await readFile(join(plugins, file), 'utf8');
  return [...source.matchAll(/^(?:job|route)\('([^']+)'/gm)].map((match) => match[1] ?? '');
}

export const hostileLimits = {
  wallMs: 3000,
  cpuMs: 300,
  memoryMb: 48,
  resultBytes: 1_000_000,
  logLines: 100,
  logBytes: 65_536,
  hostCalls: 50,
  hostCallsAtOnce: 6,
};

/**
 * For what has an end of its own, or ends at another limit: its deadline decides nothing, however busy the machine is.
 */
export const patientLimits = { ...hostileLimits, wallMs: 60_000 };

/** The code with which a run failed, or `succeeded`. */
export function endOf(outcome: RunOutcome): string {
  return outcome.status === 'failed' ? outcome.error.code : 'succeeded';
}

/** A run as the platform would ask for it. */
function requestOf(
  bundle: LoadedPlugin['bundle'],
  {
    number,
    index,
    kind,
    name,
    over,
  }: {
    number: number;
    index: number;
    kind: LoadedPlugin['registrations'][number]['kind'];
    name: string;
    over: Partial<RunRequest>;
  },
): RunRequest {
  const tenantId = over.tenantId ?? 'attacker';
  return {
    runId: `run_${number}`,
    tenantId,
    installationId: `installation of ${tenantId}`,
    isolateKey: `${tenantId} ${bundle.sha256}`,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind, index },
    context: {
      tenant: { id: tenantId, slug: 'a', name: 'A' },
      user: null,
      plugin: { id: 'plg', slug: 'hostile', version: '1.0.0' },
      run: { id: `run_${number}`, kind, name, attempt: 1, deadlineMs: Date.now() + hostileLimits.wallMs },
      permissions: [],
      config: {},
    },
    ...(kind === 'route'
      ? { request: { method: 'GET', url: 'http://localhost/', headers: [], params: {}, query: {}, body: null } }
      : { payload: '{}' }),
    limits: hostileLimits,
    hostCall: async ({ args }) => {
      if (args.includes('never')) return new Promise(() => undefined);
      if (args.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 100));
      if (args.includes('fails')) return { ok: false, code: 'PERMISSION_DENIED', message: 'not granted' };
      return { ok: true, value: '"v"' };
    },
    log: () => undefined,
    ...over,
  };
}

export async function openHostileHost(options: SandboxOptions = {}): Promise<HostileHost> {
  const kills: KillReport[] = [];
  const sandbox = await createSandbox({
    hostMethods: ['kv.get', 'emit'],
    onKill: (report) => kills.push(report),
    ...options,
  });
  const loaded = new Map<string, Promise<LoadedPlugin>>();
  let runs = 0;

  async function load(file: string): Promise<LoadedPlugin> {
    const source = await readFile(join(plugins, file));
    const reading = await bundlePackage(new Map([['main.js', source]]), 'main.js');
    if (!reading.ok) throw new Error(reading.errors.map(({ detail }) => detail).join('\n'));
    const { code, sha256 } = reading.bundle;
    const found = await sandbox.inspect({ code, sha256 }, { wallMs: patientLimits.wallMs });
    if (!found.ok) throw new Error(found.error.message);
    return { bundle: { code, sha256 }, registrations: found.registrations };
  }

  async function attack(file: string, name: string, over: Partial<RunRequest> = {}): Promise<RunOutcome> {
    let plugin = loaded.get(file);
    if (plugin === undefined) loaded.set(file, (plugin = load(file)));
    const { bundle, registrations } = await plugin;
    const index = registrations.findIndex((each) => (each.kind === 'route' ? each.path : each.name) === name);
    const kind = registrations[index]?.kind ?? 'job';
    runs += 1;
    return sandbox.run(requestOf(bundle, { number: runs, index, kind, name, over }));
  }

  const innocentFailures: string[] = [];
  const generous = { ...patientLimits, cpuMs: 10_000 };
  const innocentRun = (): Promise<RunOutcome> =>
    attack('innocent.js', 'ping', { tenantId: 'innocent', limits: generous });
  let isOpen = true;
  await innocentRun();
  const innocent = (async () => {
    while (isOpen) {
      const outcome = await innocentRun();
      if (outcome.status === 'failed') innocentFailures.push(`${outcome.error.code}: ${outcome.error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    sandbox,
    kills,
    attack,
    innocentFailures,
    innocentRun,
    async stop() {
      isOpen = false;
      await innocent;
      await sandbox.stop();
    },
  };
}
