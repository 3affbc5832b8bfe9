/**
 * The shape of `plugin.json`: keys, types, closed lists, patterns. From it follow the check at upload and the JSON
 * Schema for editors; what no schema language can say (cron texts, zones, files of the package) is in `semantics.ts`.
 * Descriptions are read by people: in editors, and as the second half of a fault.
 */
import { permissionNames, secretNamePattern, slugPattern, tableNamePattern } from '@annex/host-api';
import { configChangeLimits, longestRunMs, packageFileLimits, settingTreeLimits, sourceLimits } from '@annex/limits';
import { z } from 'zod';
import { sourceTypes } from './source-types.js';
import { upgradeFailures } from './upgrade-failures.js';

const text = (max: number, about: string, example: string) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u)
    .describe(about)
    .meta({ examples: [example] });
const integer = (min: number, max: number, about: string, example: number) =>
  z
    .int()
    .min(min)
    .max(max)
    .describe(about)
    .meta({ examples: [example] });

/** A path below the package's root, closely enough for editors. */
const entryPattern = /^(\.\/)?[^\\/:\p{Cc}][^\\:\p{Cc}]*\.(ts|js|mjs|py)$/u;
/** The pattern that semver.org §FAQ suggests, groups left out. */
const semverPattern =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;
const eventNamePattern = /^[a-z0-9_-]+(\.[a-z0-9_-]+){0,15}$/;
const eventPatternPattern = /^(\*\*?|[a-z0-9_-]+)(\.(\*\*?|[a-z0-9_-]+)){0,15}$/;
const hostPattern =
  /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?$|^\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?$/;

const slug = z
  .string()
  .regex(slugPattern)
  .describe('1 to 63 of a-z, 0-9, "_" and "-", beginning with a letter or digit')
  .meta({ examples: ['my-plugin'] });
const host = z
  .string()
  .max(253)
  .regex(hostPattern)
  .describe('a host name, "*." for its subdomains, ":port" if it is not the usual one')
  .meta({ examples: ['api.example.com'] });
const hosts = z.array(host).max(100);
const permissionName = z
  .enum(permissionNames)
  .describe('a permission')
  .meta({ examples: ['db.read'] });
const table = z
  .string()
  .regex(tableNamePattern)
  .describe('a table: a-z, 0-9 and "_", beginning with a letter')
  .meta({ examples: ['orders'] });
const secretName = z
  .string()
  .regex(secretNamePattern)
  .describe('1 to 64 letters, digits and "_", not beginning with a digit')
  .meta({ examples: ['API_KEY'] });

const permission = z.strictObject({
  name: permissionName,
  reason: text(500, 'why the plugin needs it; an admin reads this before saying yes', 'posts to Slack').optional(),
  tables: z.array(table).min(1).max(100).describe('db.read and db.write only: the tables it is about').optional(),
  hosts: hosts.min(1).describe('outbound_http only: the hosts it is about').optional(),
});

/** `retry` of a job or a webhook. */
export const retry = z.strictObject({
  max_attempts: integer(1, 20, 'tries in all, the first included', 3).optional(),
  backoff: z
    .enum(['exponential', 'fixed'])
    .describe('how the pause between tries grows')
    .meta({ examples: ['exponential'] })
    .optional(),
  initial_delay_s: integer(0, 86_400, 'seconds before the second try', 5).optional(),
  max_delay_s: integer(1, 86_400, 'longest pause, in seconds', 3600).optional(),
});

const job = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/)
    .describe('1 to 63 letters, digits, "_", "-" and "."; the name that job() is called with')
    .meta({ examples: ['daily_cleanup'] }),
  schedule: z
    .string()
    .max(200)
    .describe('5 cron fields, 6 with seconds first, or a word such as @daily; left out, the job runs when asked to')
    .meta({ examples: ['0 2 * * *'] })
    .optional(),
  timezone: z
    .string()
    .max(64)
    .describe('a zone of the IANA database')
    .meta({ examples: ['Europe/Berlin'], default: 'UTC' })
    .optional(),
  overlap: z
    .enum(['skip', 'queue', 'allow', 'replace'])
    .describe('what a tick does while an earlier run is busy')
    .meta({ examples: ['skip'], default: 'skip' })
    .optional(),
  catch_up: z
    .enum(['latest', 'none', 'all'])
    .describe('which ticks run that passed during downtime')
    .meta({ examples: ['latest'], default: 'latest' })
    .optional(),
  misfire_deadline_s: integer(1, 31_536_000, 'a tick later than this many seconds does not run', 3600).optional(),
  jitter_s: integer(
    0,
    86_400,
    'its ticks come up to this many seconds late, always by the same amount, so that not all tenants’ jobs start ' +
      'at once',
    300,
  ).optional(),
  timeout_ms: integer(1, longestRunMs, 'milliseconds a run may take', 30_000).optional(),
  retry: retry.describe('what happens after a failed run').optional(),
});

const source = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
    .describe(
      '1 to 63 of a-z, 0-9, "_" and "-", beginning with a letter or digit; the name that source() is called with',
    )
    .meta({ examples: ['erp'] }),
  type: z
    .enum(sourceTypes)
    .describe(
      'poll: Annex asks on a schedule. receive: others send to /hooks/<tenant>/<slug>.<name>. alertmanager: an ' +
        'Alertmanager does. postgres: changes of a database. mqtt: messages of a broker. kubernetes: what ' +
        'happens in a cluster. kafka: messages of topics',
    )
    .meta({ examples: ['poll'] }),
  schedule: z
    .string()
    .max(200)
    .describe('poll only: 5 cron fields, 6 with seconds first, or a word such as @hourly')
    .meta({ examples: ['*/5 * * * *'] })
    .optional(),
  timezone: z
    .string()
    .max(64)
    .describe('poll only: a zone of the IANA database')
    .meta({ examples: ['Europe/Berlin'], default: 'UTC' })
    .optional(),
  auth: z
    .union([
      z.literal('public'),
      z.strictObject({ hmac: z.record(z.string(), z.unknown()) }),
      z.strictObject({ token: z.record(z.string(), z.unknown()) }),
    ])
    .describe('receive and alertmanager only: who may send, as the auth of a route')
    .meta({ examples: [{ hmac: { secret: 'SHOP_SECRET', scheme: 'github' } }] })
    .optional(),
  verify_token: secretName
    .describe('receive only: the secret that senders bring along as hub.verify_token when they ask first')
    .meta({ examples: ['META_VERIFY'] })
    .optional(),
  with: z
    .record(z.string(), z.unknown())
    .describe('what the connection needs; texts may hold ${SECRET:NAME} and ${CONFIG:key:-default}')
    .meta({ examples: [{ url: '${SECRET:PG_URL}' }] })
    .optional(),
  events: z
    .array(
      z
        .string()
        .max(200)
        .regex(eventPatternPattern)
        .describe('an event name; "*" stands for one segment, "**" for any number')
        .meta({ examples: ['erp.**'] }),
    )
    .min(1)
    .max(sourceLimits.patterns)
    .describe('the events that the source may emit')
    .meta({ examples: [['erp.**']] }),
  require: z
    .array(
      z
        .string()
        .max(200)
        .describe('a path into an event')
        .meta({ examples: ['data.message'] }),
    )
    .max(20)
    .describe('paths that must not be empty: an event that lacks one is kept, and given to nobody')
    .meta({ examples: [['subject', 'data.message']] })
    .optional(),
  timeout_ms: integer(1, longestRunMs, 'milliseconds that one poll may take', 30_000).optional(),
});

const secret = z.strictObject({
  name: secretName,
  required: z
    .boolean()
    .describe('the plugin can only be enabled when it has a value')
    .meta({ examples: [true], default: false })
    .optional(),
  description: text(500, 'what it is and where to get it', 'Slack bot token').optional(),
});

const origin = z
  .string()
  .max(300)
  .describe('an origin, such as "https://app.example.com" or "https://*.example.com"')
  .meta({ examples: ['https://app.example.com'] });
const headerNames = z.union([z.literal('*'), z.array(z.string().max(100)).max(50)]);
const corsObject = z.strictObject({
  origins: z
    .union([z.literal('*'), z.array(origin).min(1).max(50)])
    .describe('the origins that may call')
    .meta({ examples: [['https://app.example.com']] }),
  request_headers: headerNames
    .describe('headers that such a page may send')
    .meta({ examples: [['authorization', 'content-type']], default: '*' })
    .optional(),
  exposed_headers: headerNames
    .describe('headers of the answer that it may read')
    .meta({ examples: [['x-total-count']], default: '*' })
    .optional(),
  max_age_s: integer(0, 86_400, 'how long a browser may keep the answer to a preflight', 600).optional(),
});

/** The manifest's shape. Keys that it does not name are refused at every level, except inside `config`. */
export const manifestShape = z
  .strictObject({
    $schema: z.string().max(500).describe('the address of this schema, for editors').optional(),
    slug,
    name: text(100, 'the name people see', 'My Plugin'),
    version: z
      .string()
      .max(128)
      .regex(semverPattern)
      .describe('a version as semver.org defines it')
      .meta({ examples: ['1.0.0'] }),
    description: text(2000, 'what the plugin does', 'Posts failed builds to Slack').optional(),
    author: text(200, 'who wrote it', 'Ada Lovelace').optional(),
    repo_url: z
      .string()
      .max(500)
      .regex(/^https?:\/\/[^\s]+$/)
      .describe('where its source is')
      .meta({ examples: ['https://example.com/my-plugin'] })
      .optional(),
    entry: z
      .string()
      .max(512)
      .regex(entryPattern)
      .describe('the file of the package that runs first: .ts, .js, .mjs or .py')
      .meta({ examples: ['main.ts'] }),
    permissions: z
      .array(z.union([permissionName, permission]))
      .max(50)
      .describe('what the plugin may do once an admin says yes')
      .optional(),
    routes: z
      .boolean()
      .describe('the plugin serves routes')
      .meta({ examples: [true], default: false })
      .optional(),
    cors: z
      .union([z.literal('*'), z.literal(false), z.array(origin), corsObject])
      .describe(
        'the pages of other origins that may call the routes: "*", a list of origins, or an object; a route may ' +
          'say otherwise',
      )
      .meta({ examples: [['https://app.example.com']] })
      .optional(),
    events: z
      .array(
        z
          .string()
          .max(200)
          .regex(eventPatternPattern)
          .describe('an event name; "*" stands for one segment, "**" for any number')
          .meta({ examples: ['build.*'] }),
      )
      .max(200)
      .describe('the events that hooks subscribe to')
      .optional(),
    filters: z
      .array(
        z
          .string()
          .max(200)
          .regex(eventNamePattern)
          .describe('the name of a filter point')
          .meta({ examples: ['price.quote'] }),
      )
      .max(100)
      .describe('the filter points the plugin takes part in')
      .optional(),
    jobs: z.array(job).max(100).describe('work that runs on a schedule or on request').optional(),
    sources: z.array(source).max(sourceLimits.perPackage).describe('where events come from').optional(),
    watch: z
      .array(
        z
          .string()
          .describe('a key of the tenant’s settings; "*" stands for one segment, "**" for any number')
          .meta({ examples: ['dns/zones/**'] }),
      )
      .max(settingTreeLimits.patterns)
      .describe('settings of the tenant that onConfigChange hears of')
      .optional(),
    shared: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
            .describe('1 to 63 of a-z, 0-9, "_" and "-", beginning with a letter or digit')
            .meta({ examples: ['zones'] }),
          access: z
            .enum(['read', 'write'])
            .describe('write: the state is the plugin’s own. read: that of a plugin in dependencies')
            .meta({ examples: ['write'] }),
          from: slug.describe('read only: whose state it is, where several dependencies have one').optional(),
        }),
      )
      .max(settingTreeLimits.sharedStates)
      .describe('state that plugins of a tenant share: ctx.shared(name)')
      .optional(),
    http: z
      .strictObject({ allow: hosts.describe('the hosts that ctx.http and fetch may reach').optional() })
      .describe('outbound HTTP')
      .optional(),
    secrets: z
      .array(z.union([secretName, secret]))
      .max(packageFileLimits.secrets)
      .describe('the secrets the plugin reads')
      .optional(),
    config: z
      .record(z.string(), z.unknown())
      .describe('JSON Schema (2020-12 or draft-07) of the settings a tenant makes')
      .meta({ examples: [{ type: 'object', properties: {} }] })
      .optional(),
    config_changes: z
      .strictObject({
        debounce_ms: integer(
          0,
          configChangeLimits.maxDebounceMs,
          'milliseconds that a setting rests before onConfigChange hears of it, of its last change only; 0: of each',
          200,
        ).optional(),
      })
      .describe('how onConfigChange hears of the plugin’s settings')
      .optional(),
    limits: z
      .strictObject({
        memory_mb: integer(8, 65_536, 'MiB of heap', 64).optional(),
        timeout_ms: integer(1, longestRunMs, 'milliseconds a route or hook may take', 5000).optional(),
      })
      .describe('limits the plugin lowers for itself')
      .optional(),
    dependencies: z
      .record(
        slug,
        z
          .string()
          .max(100)
          .describe('a range of versions')
          .meta({ examples: ['^1.2.0'] }),
      )
      .describe('plugins whose routes this one calls')
      .optional(),
    health: z
      .strictObject({ interval_s: integer(10, 86_400, 'seconds between two checks', 60).optional() })
      .describe('how often the health handler runs')
      .optional(),
    upgrade: z
      .strictObject({
        on_init_failure: z
          .enum(upgradeFailures)
          .describe(
            'what follows when onInit of this release fails while another one serves. rollback: that one goes on. ' +
              'keep_old: it goes on, and onInit is tried every five minutes. fail: the plugin stops',
          )
          .meta({ examples: ['rollback'], default: 'rollback' })
          .optional(),
      })
      .describe('how this release takes over from another one')
      .optional(),
    engines: z
      .strictObject({
        annex: z
          .string()
          .max(100)
          .describe('a range of versions of the plugin contract')
          .meta({ examples: ['^1.0.0'] })
          .optional(),
      })
      .describe('the hosts it runs on')
      .optional(),
  })
  .describe('The manifest of an Annex plugin');

/** A manifest as it is written, its shape checked. */
export type ManifestSource = z.infer<typeof manifestShape>;

let published: Record<string, unknown> | undefined;

/**
 * The JSON Schema (2020-12) of `plugin.json`, served at `/schemas/plugin.json` and shipped in the SDK. The same object
 * each time; do not change it.
 */
export function manifestJsonSchema(): Record<string, unknown> {
  published ??= { title: 'plugin.json', ...z.toJSONSchema(manifestShape, { io: 'input', target: 'draft-2020-12' }) };
  return published;
}
