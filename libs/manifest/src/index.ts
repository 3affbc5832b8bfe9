export { checkPackage, type CheckPackageOptions, type PackageReport, type TemplatesPort } from './check-package.js';
export type { EntryInspection } from './inspect/entry-inspection.js';
export { type PackageLimits } from './zip/limits.js';
export { manifestPath, readPackage, type PackageFiles, type PackageReading } from './zip/read-package.js';
export { readZip, type ZipReading } from './zip/read-zip.js';
export { entryNameProblem } from './zip/entry-names.js';
export type { ZipRule } from './zip/zip-fault.js';
export {
  contractVersion,
  defaultManifestLimits,
  type Manifest,
  type ManifestEventSource,
  type ManifestJob,
  type ManifestLimits,
  type ManifestRetry,
  type ManifestSecret,
} from './schema/manifest.js';
export {
  connectedSourceTypes,
  handledSourceTypes,
  receivingSourceTypes,
  sourceTypes,
  type SourceType,
} from './schema/source-types.js';
export { upgradeFailures, type UpgradeFailure } from './schema/upgrade-failures.js';
export { checkManifest, readManifest, type ManifestReading, type ReadManifestOptions } from './schema/read-manifest.js';
export { manifestJsonSchema, manifestShape, type ManifestSource } from './schema/shape.js';
export { readJson, type JsonReading } from './schema/read-json.js';
export { applyConfig, configSchemaFaults, type ConfigReading } from './schema/config-schema.js';
export { judgeConfig } from './schema/judge-config.js';
export { bundlePackage, type BundleOptions, type BundleReading, type PackageBundle } from './bundle/bundle-package.js';
export { sdkExports } from './bundle/package-plugin.js';
export { reachHosts, reachWarnings } from './reach/reach-warnings.js';
export { readReach, type BundleReach, type ReadReachOptions } from './reach/read-reach.js';
export type { Place } from './reach/messages.js';
export { lintPackage, type LintOptions } from './lint/lint-package.js';
export { checkAgreement } from './inspect/agreement.js';
export type { Registration } from './registration.js';
export { compileRoutes, type RouteDefinition, type RouteMatch, type RouteTable } from './routes/route-table.js';
export {
  routeAuthFault,
  routeHmacSchemes,
  routeTokenSchemes,
  type RouteAuth,
  type RouteHmac,
  type RouteToken,
} from './routes/route-auth.js';
export { readCors, type CorsReading, type CorsRules } from './routes/cors.js';
export { packFiles, packFolder } from './pack/pack.js';
export { parseRoutePath, routeShape, type RoutePathReading, type RouteSegment } from './routes/route-path.js';
export { readAgents, type AgentDefinition } from './agents/read-agents.js';
export type { AgentTerms, ScriptRef, WebhookDefinition } from './webhooks/definition.js';
export { addWebhookNeeds, type WebhookNeeds } from './webhooks/webhook-needs.js';
export { fillPlaceholders, placeholdersOf, type Placeholder } from './webhooks/placeholders.js';
export { readWebhooks, webhookHeaderFault, type WebhooksReading } from './webhooks/read-webhooks.js';
export { readYaml, type ReadYamlOptions, type YamlReading } from './schema/read-yaml.js';
export { readPackageMappings, type MappingsReading, type PackageMapping } from './mappings/read-package-mappings.js';
export { compileSettingPatterns, settingKeyFault, settingPatternFault } from './watch/setting-keys.js';
export { connectionFaults, isAddressSecret } from './connections/connection-faults.js';
export { connectionTexts } from './connections/fields.js';
export { isPython } from './bundle/bundle-python.js';
export { isPythonScript, pythonScript, type PythonPackage } from './bundle/python-script.js';
