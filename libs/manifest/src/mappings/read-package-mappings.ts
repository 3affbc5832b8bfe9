/** `mappings/*.yaml` of a package: what its events, and those of others, become while its plugin is on. */
import { readMapping, type MappingDefinition } from '@annex/events';
import { jsonPointer, quote, type InputFault, type JsonObject } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { readYaml } from '../schema/read-yaml.js';
import type { PackageFiles } from '../zip/read-package.js';

/** A file of `mappings/` that was checked. Plain data: it may be stored as JSON and read back. */
export interface PackageMapping {
  /** The file's name without its ending. */
  name: string;
  /** As it was written. */
  document: JsonObject;
  definition: MappingDefinition;
}

export interface MappingsReading {
  mappings: PackageMapping[];
  errors: InputFault[];
  warnings: InputFault[];
}

const folder = 'mappings/';

/** Reads every mapping of a package. `reservedEvents`: patterns of events that no rule makes. */
export function readPackageMappings(files: PackageFiles, reservedEvents: readonly string[] = []): MappingsReading {
  const reading: MappingsReading = { mappings: [], errors: [], warnings: [] };
  const paths = [...files.keys()].filter((path) => path.startsWith(folder) && /\.(ya?ml|json)$/i.test(path)).sort();
  if (paths.length > mappingLimits.packageFiles)
    reading.errors.push({
      pointer: '/mappings',
      code: 'MAPPING_COUNT',
      detail: `the package has ${paths.length} mappings; at most ${mappingLimits.packageFiles} are allowed.`,
    });
  const bytes = paths.reduce((sum, path) => sum + (files.get(path)?.length ?? 0), 0);
  if (bytes > mappingLimits.packageBytes) {
    const detail = `the mappings have ${bytes} bytes together; at most ${mappingLimits.packageBytes} are read.`;
    return { ...reading, errors: [...reading.errors, { pointer: '/mappings', code: 'MAPPING_TOO_LARGE', detail }] };
  }
  for (const path of paths.slice(0, mappingLimits.packageFiles)) readOne(reading, files, { path, reservedEvents });
  return reading;
}

function readOne(
  reading: MappingsReading,
  files: PackageFiles,
  { path, reservedEvents }: { path: string; reservedEvents: readonly string[] },
): void {
  const file = path.slice(folder.length);
  const name = /^([a-z0-9][a-z0-9_-]{0,62})\.yaml$/.exec(file)?.[1];
  if (name === undefined) {
    reading.errors.push({
      pointer: jsonPointer('mappings', file),
      code: 'MAPPING_NAME',
      detail:
        `${quote(path)} cannot name a mapping; write mappings/<name>.yaml, the name 1 to 63 of a-z, 0-9, "_" ` +
        'and "-".',
    });
    return;
  }
  const tell = (fault: InputFault): InputFault => ({
    ...fault,
    pointer: jsonPointer('mappings', file) + fault.pointer,
    detail: `${path}: ${fault.detail}`,
  });
  const { bytes: maxBytes, levels } = mappingLimits;
  const parsed = readYaml(files.get(path) ?? new Uint8Array(), { maxBytes, levels, what: 'mapping' });
  if (!parsed.ok) {
    reading.errors.push(...parsed.errors.map(tell));
    return;
  }
  const read = readMapping(parsed.value, { reservedEvents });
  reading.warnings.push(...read.warnings.map(tell));
  if (read.ok) reading.mappings.push({ name, document: parsed.value, definition: read.mapping });
  else reading.errors.push(...read.errors.map(tell));
}
