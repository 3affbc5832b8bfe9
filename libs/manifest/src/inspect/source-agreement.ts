/** Whether the sources that the code handles and those that the manifest declares agree. */
import { didYouMean, quote, type InputFault } from '@annex/kernel';
import type { Registration } from '../registration.js';
import type { Manifest, ManifestEventSource } from '../schema/manifest.js';
import { handledSourceTypes } from '../schema/source-types.js';

type SourceRegistration = Extract<Registration, { kind: 'source' }>;

/** Every disagreement. Pointers as those of `checkAgreement`. */
export function checkSources({ sources = [] }: Manifest, registrations: readonly Registration[]): InputFault[] {
  const faults: InputFault[] = [];
  const handled = new Set<string>();
  registrations.forEach((registration, index) => {
    if (registration.kind !== 'source') return;
    const declared = sources.find(({ name }) => name === registration.name);
    const refuse = (code: string, detail: string): number =>
      faults.push({ pointer: `/handlers/${index}`, code, detail: `source(${quote(registration.name)}) ${detail}` });
    if (handled.has(registration.name)) refuse('HANDLER_TWICE', 'is registered twice; keep one.');
    else if (declared) faults.push(...callFaults(registration, declared, `/handlers/${index}`));
    else
      refuse(
        'HANDLER_UNDECLARED',
        `is not declared; add { "name": ${quote(registration.name)}, "type": "poll", "schedule": "…", ` +
          `"events": ["…"] } to "sources".${didYouMean(
            registration.name,
            sources.map(({ name }) => name),
          )}`,
      );
    handled.add(registration.name);
  });
  sources.forEach(({ name, type }, index) => {
    if (handled.has(name) || !handledSourceTypes.has(type)) return;
    faults.push({
      pointer: `/sources/${index}/name`,
      code: 'HANDLER_MISSING',
      detail:
        `no handler is registered for it; call source(${quote(name)}, { ${type}(ctx) { … } }) in the entry, or ` +
        'remove it.',
    });
  });
  return faults;
}

/** A source has the handler of its type, and not that of another. */
function callFaults({ name, calls }: SourceRegistration, { type }: ManifestEventSource, pointer: string): InputFault[] {
  const what = `source(${quote(name)})`;
  if (!handledSourceTypes.has(type))
    return [
      {
        pointer,
        code: 'HANDLER_UNDECLARED',
        detail:
          `${what} has handlers, but Annex holds the connection of type ${quote(type)}; remove them, and hook its ` +
          'events.',
      },
    ];
  const other = type === 'poll' ? 'receive' : 'poll';
  const faults: InputFault[] = [];
  if (!calls.includes(type))
    faults.push({
      pointer,
      code: 'HANDLER_MISSING',
      detail: `${what} has no ${type}, and its type is ${quote(type)}; add ${type}(ctx) { … }.`,
    });
  if (calls.includes(other))
    faults.push({
      pointer,
      code: 'HANDLER_UNDECLARED',
      detail: `${what} has ${other}, but its type is ${quote(type)}; remove it, or declare another source.`,
    });
  return faults;
}
