/** Makes tenants' plugins what an operator's file says. What they are already is left alone. */
import { systemCaller, systemPrincipal, type Access, type Caller } from '@annex/access';
import type { Execution } from '@annex/execution';
import type { Installations } from '@annex/installations';
import { didYouMean, isAnnexError, jsonPointer, messageOf, type InputFault } from '@annex/kernel';
import { judgeConfig } from '@annex/manifest';
import type { Vault } from '@annex/vault';
import type { WantedPlugin, WantedTenants } from './read-plugins-file.js';

/** What is changed. */
export interface PluginsFileParts {
  access: Pick<Access, 'resolveTenant'>;
  execution: Pick<Execution, 'snapshots'>;
  installations: Pick<Installations, 'enable' | 'disable' | 'putConfig'>;
  vault: Pick<Vault, 'readForRun' | 'setFor'>;
}

type Snapshot = NonNullable<Awaited<ReturnType<Execution['snapshots']['get']>>>;

/** A plugin that was found, and what it is to be. */
interface Step {
  caller: Caller;
  slug: string;
  pointer: string;
  snapshot: Snapshot;
  wanted: WantedPlugin;
}

/** Who the audit trail names as the request. */
const requestId = 'plugins-file';

/**
 * Looks at everything first: with a fault nothing is changed. Then secrets are set, settings replaced, and plugins
 * switched, those that others need before these. Answers what could not be done.
 */
export async function applyPluginsFile(parts: PluginsFileParts, tenants: WantedTenants): Promise<InputFault[]> {
  const { steps, faults } = await findSteps(parts, tenants);
  if (faults.length > 0) return faults;
  const failed: InputFault[] = [];
  for (const step of steps)
    await attempt(failed, step, async () => {
      await setSecrets(parts, step);
      const { config } = step.wanted;
      if (config) await parts.installations.putConfig(step.caller, step.slug, config);
    });
  await disableAll(parts, steps, failed);
  await enableAll(parts, steps, failed);
  return failed;
}

async function findSteps(
  parts: PluginsFileParts,
  tenants: WantedTenants,
): Promise<{ steps: Step[]; faults: InputFault[] }> {
  const steps: Step[] = [];
  const faults: InputFault[] = [];
  for (const [tenantSlug, { plugins }] of Object.entries(tenants)) {
    const caller = await findTenant(parts, tenantSlug);
    if (!caller) {
      const detail = 'there is no such tenant; make it with POST /api/tenants, or take it out.';
      faults.push({ pointer: jsonPointer('tenants', tenantSlug), code: 'TENANT_NOT_FOUND', detail });
      continue;
    }
    for (const [slug, wanted] of Object.entries(plugins)) {
      const pointer = jsonPointer('tenants', tenantSlug, 'plugins', slug);
      const snapshot = await parts.execution.snapshots.get(caller.tenant.id, slug);
      if (!snapshot) {
        const detail = 'the tenant has no such plugin; upload it, or take it out.';
        faults.push({ pointer, code: 'PLUGIN_NOT_FOUND', detail });
        continue;
      }
      const step = { caller, slug, pointer, snapshot, wanted };
      faults.push(...(await judge(step)));
      steps.push(step);
    }
  }
  return { steps, faults };
}

async function findTenant({ access }: PluginsFileParts, slug: string): Promise<Caller | undefined> {
  const found = await access
    .resolveTenant(systemPrincipal, { slugHeader: slug }, requestId)
    .catch((thrown: unknown) => {
      if (isAnnexError(thrown) && thrown.kind.status < 500) return undefined;
      throw thrown;
    });
  return found && systemCaller(found.tenant, requestId);
}

async function judge({ caller, pointer, snapshot: { manifest }, wanted }: Step): Promise<InputFault[]> {
  const { config, secrets = {} } = wanted;
  const names = manifest.secrets.map(({ name }) => name);
  const faults = Object.keys(secrets)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      pointer: pointer + jsonPointer('secrets', name),
      code: 'SECRET_UNDECLARED',
      detail: `the plugin names no such secret.${didYouMean(name, names)}`,
    }));
  if (config === undefined || manifest.config === null) return faults;
  const reading = await judgeConfig(manifest.config, config, caller.tenant.id);
  if (reading.ok) return faults;
  return [...faults, ...reading.errors.map((fault) => ({ ...fault, pointer: `${pointer}/config${fault.pointer}` }))];
}

async function setSecrets({ vault }: PluginsFileParts, { caller, slug, snapshot, wanted }: Step): Promise<void> {
  const wants = Object.entries(wanted.secrets ?? {});
  if (wants.length === 0) return;
  const names = wants.map(([name]) => name);
  const has = await vault.readForRun(caller.tenant.id, snapshot.installationId, names);
  for (const [name, value] of wants)
    if (has.get(name) !== value) await vault.setFor(caller, { plugin: slug, name, value });
}

async function disableAll(
  { installations }: PluginsFileParts,
  steps: readonly Step[],
  failed: InputFault[],
): Promise<void> {
  const off = steps.filter(({ wanted, snapshot }) => wanted.enabled === false && snapshot.status !== 'installed');
  await inTurns(off, failed, (step) => installations.disable(step.caller, step.slug));
}

async function enableAll(
  { installations }: PluginsFileParts,
  steps: readonly Step[],
  failed: InputFault[],
): Promise<void> {
  const on = steps.filter(({ wanted }) => wanted.enabled === true);
  await inTurns(on, failed, ({ caller, slug, wanted }) => installations.enable(caller, slug, { grant: wanted.grant }));
}

/** Does each, and those that failed again for as long as others succeed: what one needs may be what another does. */
async function inTurns(steps: readonly Step[], failed: InputFault[], work: (step: Step) => Promise<unknown>) {
  let rest = steps;
  for (;;) {
    const left: Step[] = [];
    const faults: InputFault[] = [];
    for (const step of rest) if (!(await attempt(faults, step, () => work(step)))) left.push(step);
    if (left.length === 0 || left.length === rest.length) return void failed.push(...faults);
    rest = left;
  }
}

/** What cannot be done is a fault with its place. Answers whether it was done. */
async function attempt(faults: InputFault[], { pointer }: Step, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    const code = isAnnexError(thrown) ? thrown.code : 'FAILED';
    faults.push({ pointer, code, detail: messageOf(thrown).slice(0, 1000) });
    return false;
  }
}
