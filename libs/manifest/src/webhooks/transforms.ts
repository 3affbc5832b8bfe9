/**
 * Transforms run in the sandbox like handlers, out of a bundle of their own: one hook for each function, which hands on
 * the event and a `ctx` of identity and settings only. Their code reaches nothing else, since whoever runs the bundle
 * refuses its host calls.
 */
import type { InputFault } from '@annex/kernel';
import { bundlePackage, type PackageBundle } from '../bundle/bundle-package.js';
import { bundlePython, isPython, notTriedOut, pythonFaults } from '../bundle/bundle-python.js';
import type { EntryInspection } from '../inspect/entry-inspection.js';
import type { PackageFiles } from '../zip/read-package.js';
import type { ScriptRef, WebhookDefinition } from './definition.js';

/** No file of a package can have this name: an archive's names hold no colon. */
const entryName = 'annex:transforms.js';
/** Hooks of the bundle are called so, with the script's place. */
const hookPrefix = 'annex.transform.';

/** How they are tried out. */
export interface TransformsOptions {
  inspect(bundle: PackageBundle): Promise<EntryInspection>;
  /** There is no interpreter here; a warning says so. Default: no. */
  withoutPython?: boolean;
}

export interface TransformsReading {
  /** `null`: no webhook has one, or there are errors. */
  bundle: PackageBundle | null;
  /** Files of the package that the bundle holds something of. */
  reached: string[];
  /** Files of the package that were looked at for it. */
  read: string[];
  errors: InputFault[];
  warnings: InputFault[];
}

/**
 * Bundles the transforms of webhooks and runs the bundle once. Sets the `index` of each {@link ScriptRef}, except of
 * Python where there is none.
 */
export async function bundleTransforms(
  files: PackageFiles,
  webhooks: readonly WebhookDefinition[],
  { inspect, withoutPython = false }: TransformsOptions,
): Promise<TransformsReading> {
  const refs = webhooks.flatMap(scriptsOf);
  if (refs.length === 0) return { bundle: null, reached: [], read: [], errors: [], warnings: [] };
  const refuse = (errors: InputFault[], warnings: InputFault[] = []): TransformsReading => ({
    bundle: null,
    reached: [],
    read: [],
    errors,
    warnings,
  });
  const count = refs.filter(({ ref }) => isPython(ref.path)).length;
  if (count > 0 && count < refs.length)
    return refuse([
      {
        pointer: '/webhooks',
        code: 'TRANSFORM_LANGUAGES',
        detail: 'write all transforms of a package in one language.',
      },
    ]);
  const reading =
    count > 0
      ? bundlePython(files, { transforms: refs.map(({ ref }) => [ref.path, ref.export]) })
      : await bundlePackage(
          new Map([...files, [entryName, Buffer.from(entryCode(refs.map(({ ref }) => ref)))]]),
          entryName,
        );
  const inWebhooks = (fault: InputFault): InputFault => ({
    ...fault,
    pointer: refs.find(({ ref }) => fault.detail.startsWith(`${ref.path}:`))?.pointer ?? '/webhooks',
  });
  if (!reading.ok) return refuse(reading.errors.map(inWebhooks));
  // What the generated entry says of a missing export is told better below.
  const warnings = reading.warnings.filter(({ detail }) => !detail.startsWith(entryName)).map(inWebhooks);
  if (count > 0 && withoutPython) {
    const path = refs.map(({ ref }) => ref.path).join(', ');
    return { ...reading, errors: [], warnings: [...warnings, notTriedOut('/webhooks', path)] };
  }
  const inspection = await inspect(reading.bundle);
  if (!inspection.ok) {
    const faults = pythonFaults(inspection.error.message, '/webhooks');
    if (faults !== undefined) return refuse(faults, warnings);
    return refuse(
      [
        {
          pointer: '/webhooks',
          code: 'TRANSFORM_FAILED',
          detail:
            `loading the transforms once ended with ${inspection.error.code}: ` +
            `${inspection.error.message.slice(0, 1000)}`,
        },
      ],
      warnings,
    );
  }
  const errors = matchExports(refs, inspection.registrations);
  return errors.length > 0
    ? refuse(errors, warnings)
    : { bundle: reading.bundle, reached: reading.reached, read: reading.read, errors, warnings };
}

/** Sets the `index` of each script; answers what is wrong with what the bundle registered. */
function matchExports(
  refs: readonly { pointer: string; ref: ScriptRef }[],
  registrations: Extract<EntryInspection, { ok: true }>['registrations'],
): InputFault[] {
  const errors: InputFault[] = [];
  refs.forEach(({ pointer, ref }, place) => {
    ref.index = registrations.findIndex(
      (registration) => registration.kind === 'event' && registration.name === `${hookPrefix}${place}`,
    );
    if (ref.index < 0)
      errors.push({
        pointer,
        code: 'SCRIPT',
        detail:
          `${ref.path} exports no function "${ref.export}"; write ` +
          (isPython(ref.path) ? `def ${ref.export}(event_data): ….` : exportText(ref.export)),
      });
  });
  if (
    registrations.some((registration) => registration.kind !== 'event' || !registration.name.startsWith(hookPrefix))
  ) {
    errors.push({
      pointer: '/webhooks',
      code: 'TRANSFORM_REGISTERS',
      detail:
        'a transform, or something that it imports, registers a handler; keep hooks, routes and jobs in files that ' +
        'transforms do not import.',
    });
  }
  return errors;
}

function exportText(name: string): string {
  return name === 'default' ? 'export default function (event) { … }.' : `export function ${name}(event) { … }.`;
}

function entryCode(refs: readonly ScriptRef[]): string {
  const imports = refs.map(({ path }, place) => `import * as m${place} from ${JSON.stringify(`./${path}`)};`);
  const hooks = refs.map(({ export: name }, place) => `take(${place}, m${place}[${JSON.stringify(name)}]);`);
  return `import { hook } from '@annex/sdk';
${imports.join('\n')}
const light = ({ tenantId, tenant, plugin, config, log }, webhook) =>
  Object.freeze({ tenantId, tenant, plugin, config, log, webhook });
function take(place, run) {
  if (typeof run !== 'function') return;
  hook('${hookPrefix}' + place, (ctx, { first, second, webhook }) =>
    second === undefined ? run(first, light(ctx, webhook)) : run(first, second, light(ctx, webhook)));
}
${hooks.join('\n')}
`;
}

/** The functions that a webhook or an agent names, with the places where it does. */
function scriptsOf({
  name,
  agent,
  transform,
  postTransform,
}: WebhookDefinition): { pointer: string; ref: ScriptRef }[] {
  const after = agent ? `/agents/${name}.yaml/result` : `/webhooks/${name}.yaml/post_transform/entry`;
  return [
    ...(transform ? [{ pointer: `/webhooks/${name}.yaml/transform/entry`, ref: transform }] : []),
    ...(postTransform ? [{ pointer: after, ref: postTransform }] : []),
  ];
}
