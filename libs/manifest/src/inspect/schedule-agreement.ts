import { quote, type InputFault } from '@annex/kernel';
import type { Registration } from '../registration.js';
import type { Manifest } from '../schema/manifest.js';

/** Decorators in Python may repeat the schedule of their job. The manifest's counts, so another one is a fault. */
export function checkSchedules({ jobs }: Manifest, registrations: readonly Registration[]): InputFault[] {
  return registrations.flatMap((registration, index): InputFault[] => {
    if (registration.kind !== 'job' || registration.schedule === undefined) return [];
    const { name, schedule } = registration;
    const declared = jobs.find((job) => job.name === name);
    if (declared === undefined || (declared.schedule !== null && isSameCron(declared.schedule, schedule))) return [];
    const other = declared.schedule === null ? 'has none for it' : `says ${quote(declared.schedule)}`;
    return [
      {
        pointer: `/handlers/${index}`,
        code: 'JOB_SCHEDULE',
        detail:
          `job(${quote(name)}) says the schedule ${quote(schedule)}, and plugin.json ${other}; ` +
          'write the one that is right there, and leave it out of the decorator.',
      },
    ];
  });
}

function isSameCron(one: string, other: string): boolean {
  const words = (text: string): string => text.trim().split(/\s+/).join(' ');
  return words(one) === words(other);
}
