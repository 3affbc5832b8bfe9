/** One mapping in a file of its own, outside of a package: what the tenant puts in force. */
import { readMapping } from '@annex/events';
import type { InputFault, JsonObject } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { readYaml } from '@annex/manifest';
import { byPlace, placeInYaml, segmentsOf, type PlacedFault } from './fault-places.js';

/** A mapping as a file holds it. */
export interface MappingFile {
  /** As it was written; `undefined`: it has errors. */
  document: JsonObject | undefined;
  /** Every fault, in the order of the lines. */
  errors: PlacedFault[];
  /** What is read in another way than it was written. */
  warnings: PlacedFault[];
  /** Finds the places of faults that a server tells of the document. */
  place(faults: readonly InputFault[]): PlacedFault[];
}

/**
 * Reads a mapping of a YAML or JSON file with the server's own rules. Never throws for what the file holds. What the
 * operator of a server reserves is not known here.
 * @param file as it is named in faults
 * @example
 * import { readFile } from 'node:fs/promises'
 *
 * const { document, errors } = readMappingFile('pods.yaml', await readFile('pods.yaml'))
 * console.log(document ? JSON.stringify(document) : errors)
 */
export function readMappingFile(file: string, bytes: Uint8Array): MappingFile {
  const text = Buffer.from(bytes).toString('utf8');
  const place = (faults: readonly InputFault[]): PlacedFault[] =>
    faults
      .map(({ code, pointer, detail }) => ({
        ...{ code, pointer },
        ...placeInYaml(text, { file, inside: segmentsOf(pointer), detail }),
      }))
      .sort(byPlace);
  const { bytes: maxBytes, levels } = mappingLimits;
  const parsed = readYaml(bytes, { maxBytes, levels, what: 'mapping' });
  if (!parsed.ok) return { document: undefined, errors: place(parsed.errors), warnings: [], place };
  const reading = readMapping(parsed.value);
  return {
    document: reading.ok ? parsed.value : undefined,
    errors: reading.ok ? [] : place(reading.errors),
    warnings: place(reading.warnings),
    place,
  };
}
