import { z } from 'zod';
import { time } from './shared.js';

const count = z.number().int();

export const waitingReason = z
  .enum(['suspended', 'deleted', 'its_share', 'no_place', 'no_worker', 'next'])
  .describe(
    '`its_share`: it has as many under way as it may always have; `no_place`: every place of every worker is taken; ' +
      '`next`: it is its turn',
  );

export const Queue = z
  .object({
    workers: count.describe('That are alive'),
    slots: count.describe('Background runs that they take at once'),
    running: count,
    due: count,
    tenants: z
      .array(
        z.object({
          slug: z.string(),
          name: z.string(),
          weight: count,
          background_concurrency: count.describe('Runs that it may always have at once'),
          due: count.describe('Runs that could start'),
          oldest_due_s: count,
          delayed: count.describe('Runs whose time has not come: retries, and starts that were put off'),
          running: count,
          parked: z
            .record(z.string(), count)
            .describe(
              'Runs that wait for something else: `overlap` (an earlier run), `plugin` (not enabled), `endpoint`',
            ),
          why: waitingReason.nullable().describe('Why its due runs are not under way; `null`: none is due'),
        }),
      )
      .describe('Tenants with background work, those with most due runs first, at most 100'),
  })
  .meta({ id: 'Queue', description: 'Background work of all tenants' });
export type Queue = z.infer<typeof Queue>;

const executor = z.object({
  pid: count,
  tenant: z.string().nullable().describe('Slug; `null`: it is blank, or serves several'),
  lane: z.enum(['foreground', 'background']).nullable(),
  rss_bytes: count,
  isolates: count,
  runs: count.describe('Under way in it'),
  age_s: count,
});

export const Process = z
  .object({
    id: z.string(),
    role: z.string(),
    host: z.string(),
    pid: count,
    version: z.string(),
    started_at: time,
    seen_at: time.describe('When it told of itself last'),
    alive: z.boolean().describe('`false`: it has told nothing for a while: it hangs, or was killed'),
    rss_bytes: count.describe('Its own memory, without that of its executors'),
    confinement: z
      .object({ tier: z.string(), layers: z.record(z.string(), z.boolean()) })
      .describe('How far plugin code is confined there: docs/sandbox.md'),
    executors: z.array(executor),
    blank_ready: count,
    executor_starts: count,
    executor_kills: z.record(z.string(), count).describe('Since the process began, by reason'),
    waiting: count.describe('Runs that wait for an executor'),
    dispatch: z.object({ slots: count, running: count }).nullable().describe('`null`: it takes no background runs'),
    source_connections: count,
  })
  .meta({ id: 'Process', description: 'A process of Annex, as it tells of itself every few seconds' });
export type Process = z.infer<typeof Process>;

export const Processes = z.object({ items: z.array(Process) });
export type Processes = z.infer<typeof Processes>;

export const InstallationAnywhere = z
  .object({
    id: z.string(),
    tenant: z.object({ slug: z.string(), name: z.string() }),
    slug: z.string(),
    name: z.string(),
    status: z.string(),
    status_reason: z.string().nullable(),
    version: z.string().nullable().describe('Of the active release'),
    kills: count.describe('Executors that its code made the platform kill, lately'),
    updated_at: time,
  })
  .meta({ id: 'InstallationAnywhere', description: 'An installation of whatever tenant' });
export type InstallationAnywhere = z.infer<typeof InstallationAnywhere>;

export const PlatformSettings = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        value: z.string().nullable().describe('`null`: unset, and without a default. What is secret is masked'),
        is_set: z.boolean().describe('`false`: it is the default'),
        is_secret: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'PlatformSettings', description: 'Settings of the process that answers, as they are in force' });
export type PlatformSettings = z.infer<typeof PlatformSettings>;

const findingStatus = z.enum(['ok', 'warning', 'fault']);

export const Examination = z
  .object({
    status: findingStatus.describe('The worst of the findings'),
    checked_at: time,
    findings: z
      .array(
        z.object({
          check: z.string().describe('What was looked at, such as `database` or `disk`'),
          status: findingStatus.describe('`warning`: it works, and will not for ever'),
          detail: z.string(),
          way_out: z.string().nullable().describe('What to do; `null`: nothing'),
        }),
      )
      .describe('The worst first, at most 60'),
  })
  .meta({ id: 'Examination', description: 'What is wrong with the platform, as the process sees it that answers' });
export type Examination = z.infer<typeof Examination>;
