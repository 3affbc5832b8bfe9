export { Alerts, type AlertView } from './alerts.js';
export { Mappings, type MappingsOptions, type MappingView } from './mappings.js';
export type { DryRun, DryRunInput, TriedEventView } from './dry-run.js';
export type { SentMapping } from './read-document.js';
export { connectPackageMappings, restPackageMappings } from './package-mappings.js';
export { mappingErrors } from './errors.js';
