import { permissionNames } from '@annex/host-api';
import { pluginLogLevels } from '@annex/installations';
import { upgradeFailures } from '@annex/manifest';
import { z } from 'zod';
import { fault, inputFault, json, jsonObject, runStatus, time, who } from './shared.js';

const permission = z.enum(permissionNames);

const permissions = {
  requested: z.array(permission).describe('What the active release asks for'),
  granted: z.array(permission).describe('What an admin said yes to'),
  pending: z.array(permission).describe('What it asks for and was not granted, or not in full'),
};

export const Route = z
  .object({
    methods: z.array(z.string()),
    path: z.string(),
    auth: json.describe('`member`, `public`, or an object that says how senders prove who they are'),
    roles: z.array(z.string()).nullable(),
  })
  .meta({ id: 'Route', description: 'A route that a plugin registers below /ext/<slug>' });
export type Route = z.infer<typeof Route>;

export const LastRun = z
  .object({
    id: z.string(),
    status: runStatus,
    queued_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
  })
  .meta({ id: 'LastRun' });
export type LastRun = z.infer<typeof LastRun>;

const jobFields = {
  name: z.string(),
  schedule: z.string().nullable().describe('Cron text in force; `null`: runs only when asked'),
  timezone: z.string(),
  next_run_at: time.nullable().describe('`null`: the plugin is not enabled, the job is paused, or no tick is to come'),
  last_run: LastRun.nullable(),
  paused: z.boolean(),
};

export const JobSummary = z.object(jobFields).meta({ id: 'JobSummary' });
export type JobSummary = z.infer<typeof JobSummary>;

export const Job = z
  .object({
    ...jobFields,
    overlap: z.enum(['skip', 'queue', 'allow', 'replace']),
    catch_up: z.enum(['latest', 'none', 'all']),
    misfire_deadline_s: z.number().nullable(),
    jitter_s: z
      .number()
      .describe('Its ticks come up to this many seconds late, always by the same amount; the times here say when'),
    timeout_ms: z.number().nullable(),
    overridden: z.boolean().describe('An admin chose schedule or zone'),
    manifest: z.object({ schedule: z.string().nullable(), timezone: z.string() }).describe('What the manifest says'),
    next_runs: z.array(time).describe('The next ten ticks, were it not paused or disabled'),
    passing: z
      .object({ reason: z.enum(['paused', 'plugin_disabled']), ticks: z.number().int(), first: time, last: time })
      .nullable()
      .describe('Ticks that pass while it is paused or its plugin is disabled, 10,000 at most; `null`: none'),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

export const TenantJob = z
  .object({ plugin: z.string().describe('The plugin’s slug'), ...jobFields })
  .meta({ id: 'TenantJob', description: 'A job in the list of all the tenant’s jobs' });
export type TenantJob = z.infer<typeof TenantJob>;

export const JobTimes = z
  .object({
    plugin: z.string().describe('The plugin’s slug'),
    name: z.string(),
    schedule: z.string(),
    timezone: z.string().describe('The zone that the schedule is read in'),
    resting: z.enum(['paused', 'plugin_disabled']).nullable().describe('Why its ticks pass by; `null`: they run'),
    ticks: z.array(time).describe('The first 50'),
    more: z.boolean().describe('It has more ticks in the span than are listed'),
  })
  .meta({ id: 'JobTimes', description: 'When a job runs within a span of time' });
export type JobTimes = z.infer<typeof JobTimes>;

export const SchedulePreview = z
  .object({
    schedule: z.string().nullable(),
    timezone: z.string(),
    overridden: z.boolean().describe('It is not what the manifest says: upgrades leave it alone'),
    next_runs: z.array(time).describe('The next ten ticks'),
  })
  .meta({ id: 'SchedulePreview', description: 'What a schedule would mean for a job' });
export type SchedulePreview = z.infer<typeof SchedulePreview>;

const degraded = z
  .object({
    since: time,
    failed_attempts: z.number().int().describe('Attempts that failed in a row'),
    failed_runs: z.number().int().describe('Runs that failed for good'),
    last_run_id: z.string(),
    last_error: json,
  })
  .meta({ id: 'Degraded', description: 'Run after run of the plugin fails by its own fault' });

const upgrade = z
  .object({
    release: z.string(),
    version: z.string(),
    since: time,
    tries: z.number().int().describe('Calls of its `onInit`'),
    last_error: fault.nullable().describe('How the last of them failed; `null`: it did not, or has not ended'),
    on_init_failure: z.enum(upgradeFailures).describe('What follows when it fails for good'),
    missing_secrets: z.array(z.string()).describe('Required secrets without a value: it waits for them'),
    permissions: z.object(permissions),
  })
  .meta({ id: 'Upgrade', description: 'An upgrade that is under way while the active release serves' });

const pluginFields = {
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  version: z.string(),
  status: z.enum(['installed', 'starting', 'enabled', 'failed', 'disabled', 'suspended', 'uninstalling']),
  status_reason: z.string().nullable().describe('Why the platform suspended or disabled it'),
  log_level: z.enum(pluginLogLevels).describe('Lines of lower levels are not kept'),
  recording_until: time
    .nullable()
    .describe('Until when the host calls of its runs are kept; `null` or a time that has passed: they are not'),
  degraded: degraded.nullable(),
  release: z.string().describe('The id of the active release'),
  upgrade: upgrade.nullable().describe('The release that takes over once its `onInit` has succeeded; `null`: none'),
  description: z.string().nullable(),
  permissions: z.object(permissions),
  routes: z.array(Route),
  events: z.array(z.string()),
  jobs: z.array(JobSummary),
  missing_secrets: z.array(z.string()).describe('Required secrets without a value; enabling needs them'),
  created_at: time,
  updated_at: time,
};

export const Plugin = z.object(pluginFields).meta({ id: 'Plugin', description: 'A plugin as it is installed' });
export type Plugin = z.infer<typeof Plugin>;

const place = { file: z.string(), line: z.number().int() };

const reachFields = {
  used: z
    .array(z.object({ call: z.string(), permission: permission.nullable(), ...place }))
    .describe('Host calls in the code, and the permission that each needs'),
  hosts: z
    .array(z.object({ host: z.string(), allowed: z.boolean(), ...place }))
    .describe('Hosts of URLs in the code, and whether the manifest’s `http.allow` opens them'),
  dynamic: z
    .array(z.object({ within: z.string(), from: z.string().optional(), ...place }))
    .describe('Where `ctx`, or this part of it, goes out of sight: there may be more than is listed'),
  complete: z.boolean().describe('`false`: the code was not read, or could not be'),
};

const scopeFields = { tables: z.array(z.string()).optional(), hosts: z.array(z.string()).optional() };
const scope = z.object(scopeFields).nullable();

export const PermissionsReport = z
  .object({
    id: z.string().describe('The installation’s'),
    ...permissions,
    ...reachFields,
    last_used_at: z
      .record(z.string(), time.nullable())
      .describe('When each permission that is asked for was last used, exact to a minute; `null`: never'),
    details: z.array(
      z.object({
        name: permission,
        title: z.string(),
        detail: z.string(),
        risk: z.string(),
        reason: z.string().nullable().describe('The author’s'),
        requested: scope,
        granted: scope,
        pending: scope,
        used: z.array(z.object({ call: z.string(), ...place })),
        last_used_at: time.nullable(),
      }),
    ),
    watch: z.array(z.string()).describe('Patterns of the tenant’s settings that it hears of; it takes no permission'),
    shared: z
      .array(z.object({ name: z.string(), access: z.enum(['read', 'write']) }))
      .describe('State that it shares, or reads of plugins that it depends on; it takes no permission'),
  })
  .meta({ id: 'PermissionsReport' });
export type PermissionsReport = z.infer<typeof PermissionsReport>;

const releaseFields = {
  id: z.string(),
  version: z.string(),
  sha256: z.string().describe('Of the archive, in hex'),
  active: z.boolean(),
  signed_by: z
    .object({
      publisher: z.string(),
      key_id: z.string(),
      by: z.enum(['package', 'catalogue']).describe('What was signed: the package, or the catalogue that lists it'),
    })
    .nullable()
    .describe('Who vouches for these bytes; `null`: nobody'),
  created_by: z.string().nullable(),
  who,
  created_at: time,
};

export const Release = z
  .object(releaseFields)
  .meta({ id: 'Release', description: 'One upload of a plugin; it never changes' });
export type Release = z.infer<typeof Release>;

export const UploadedPlugin = z
  .object({
    ...pluginFields,
    uploaded: Release.describe('The release of these bytes'),
    warnings: z
      .array(inputFault)
      .describe(
        'Oddities that do not hold it up: of the package, unless its bytes were known, and `DOWNGRADE` where its ' +
          'version is older than the one that was active',
      ),
    blocked: z.array(inputFault).describe('What kept `enable` from enabling; empty when nothing did, or nobody asked'),
  })
  .meta({ id: 'UploadedPlugin' });
export type UploadedPlugin = z.infer<typeof UploadedPlugin>;

const permissionRequest = z.object({ name: permission, reason: z.string().optional(), ...scopeFields });
const declaredJob = z.object({ name: z.string(), schedule: z.string().nullable(), timezone: z.string() });
const declaredSecret = z.object({ name: z.string(), required: z.boolean(), description: z.string().nullable() });
const declaredWebhook = z.object({ name: z.string(), on: z.array(z.string()) });
const declaredMapping = z.object({
  name: z.string(),
  rules: z.number().int(),
  makes: z.array(z.string()).describe('Types of events that it makes'),
  drops: z.boolean().describe('It keeps back what it does not know of its sources'),
});

const declaredAgent = z.object({
  name: z.string(),
  on: z.array(z.string()),
  protocol: z.enum(['a2a', 'llm']),
  approval: z.boolean().describe('An admin says yes to each question first'),
});

export const ReleaseContents = z
  .object({
    slug: z.string(),
    name: z.string(),
    version: z.string(),
    entry: z.string(),
    permissions: z.array(permissionRequest),
    routes: z.array(Route),
    events: z.array(z.string()),
    filters: z.array(z.string()),
    jobs: z.array(declaredJob),
    secrets: z.array(declaredSecret),
    webhooks: z.array(declaredWebhook),
    agents: z.array(declaredAgent),
    mappings: z.array(declaredMapping),
    dependencies: z.record(z.string(), z.string()),
  })
  .meta({ id: 'ReleaseContents', description: 'What a release brings' });
export type ReleaseContents = z.infer<typeof ReleaseContents>;

const releaseFile = z.object({
  path: z.string(),
  sha256: z.string().describe('Of its bytes, in hex'),
  size: z.number().int(),
});

export const ReleaseDetail = z
  .object({
    ...releaseFields,
    manifest: jsonObject.describe('What `plugin.json` says, as its author wrote it'),
    config_schema: jsonObject.nullable().describe('JSON Schema of the settings; `null`: it has none'),
    contents: ReleaseContents,
    files: z.array(releaseFile).describe('In order of path'),
  })
  .meta({ id: 'ReleaseDetail' });
export type ReleaseDetail = z.infer<typeof ReleaseDetail>;

const changesOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    added: z.array(item),
    removed: z.array(item),
    changed: z.array(z.object({ before: item, after: item })),
  });

export const ReleaseDiff = z
  .object({
    from: Release,
    to: Release,
    direction: z
      .enum(['upgrade', 'downgrade', 'same'])
      .describe('By precedence of versions (semver.org §11); builds of one version are the `same`'),
    permissions: changesOf(permissionRequest),
    routes: changesOf(Route),
    events: changesOf(z.string()),
    filters: changesOf(z.string()),
    jobs: changesOf(declaredJob),
    secrets: changesOf(declaredSecret),
    webhooks: changesOf(declaredWebhook),
    agents: changesOf(declaredAgent),
    mappings: changesOf(declaredMapping),
    dependencies: changesOf(z.object({ slug: z.string(), range: z.string() })),
    config_schema_changed: z.boolean(),
    files: changesOf(releaseFile),
  })
  .meta({ id: 'ReleaseDiff', description: 'What is different between two releases' });
export type ReleaseDiff = z.infer<typeof ReleaseDiff>;

export const PackageReport = z
  .object({
    valid: z.boolean(),
    sha256: z.string(),
    errors: z.array(inputFault),
    warnings: z.array(inputFault),
    plugin: ReleaseContents.nullable().describe('As much as could be read'),
    reach: z.object(reachFields),
    files: z.array(z.object({ path: z.string(), size: z.number().int() })),
    bundle_bytes: z
      .number()
      .int()
      .nullable()
      .describe('Of the script that the entry was bundled into; `null`: it could not be'),
  })
  .meta({ id: 'PackageReport' });
export type PackageReport = z.infer<typeof PackageReport>;

export const PluginConfig = jsonObject.meta({
  id: 'PluginConfig',
  type: 'object',
  additionalProperties: true,
  description: 'The tenant’s settings for the plugin, by the schema of its manifest, defaults filled in',
});
export type PluginConfig = z.infer<typeof PluginConfig>;

export const ConfigRevision = z
  .object({
    revision: z.number().int(),
    config: jsonObject.describe('As the tenant made it, defaults not filled in'),
    changed: z.array(z.string()).describe('Whose value became another one'),
    actor: z.string().nullable().describe('Who changed it; `null`: nobody knows'),
    who,
    created_at: time,
  })
  .meta({ id: 'ConfigRevision', description: 'The settings of a plugin as they were once' });
export type ConfigRevision = z.infer<typeof ConfigRevision>;
