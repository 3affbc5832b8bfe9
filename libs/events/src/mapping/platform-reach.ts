import { eventSources } from '../envelope.js';
import { platformEvents } from '../names.js';
import { matchesEvent } from '../patterns.js';
import type { MappingDefinition } from './definition.js';

/**
 * The name of a rule by which a mapping could keep back what the platform itself says, such as `auth.user.deleted`;
 * `undefined`: none does.
 */
export function ruleThatHushesPlatform({ rules, unmapped }: MappingDefinition): string | undefined {
  return rules.find(
    ({ enabled, source, type, dedupe }) =>
      enabled &&
      (source === null || source === eventSources.platform) &&
      (unmapped === 'drop' ||
        (dedupe !== null && Object.keys(platformEvents).some((name) => matchesEvent(type, name)))),
  )?.name;
}
