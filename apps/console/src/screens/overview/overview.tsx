import type { Plugin, Stats } from '@annex/client';
import { SegmentedControl } from '@mantine/core';
import CircleCheck from 'lucide-react/icons/circle-check';
import { type ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Empty } from '../../parts/empty';
import { sinceOf, useFilters } from '../../parts/filters';
import { countText, plural, shortCount, words } from '../../parts/numbers';
import { Columns, Page, Section } from '../../parts/page';
import { RunsChart } from '../../parts/runs-chart';
import { Status } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';
import { Go } from '../../shell/go';
import { InstallSample } from '../plugins/sample';
import { needsOf } from '../plugins/plugins';
import { FiringAlerts, firingQuery } from './firing-alerts';
import { RecentRuns } from '../runs/recent-runs';
import classes from './overview.module.css';

const spans = ['1h', '24h', '7d'] as const;

/** How the tenant does: numbers, what needs a hand, what comes next. */
export function Overview(): ReactNode {
  const { name, can } = useTenant();
  const { filters, set } = useFilters();
  const span = spans.find((each) => each === filters['span']) ?? '24h';
  const failed = useAnnexList('listRuns', { query: { status: 'failed', limit: 6 } });
  return (
    <Page
      title={name}
      actions={
        <SegmentedControl
          size="xs"
          data={[...spans]}
          value={span}
          aria-label="Stretch of time"
          onChange={(value) => set({ span: value === '24h' ? undefined : value })}
        />
      }
    >
      {can('getStats') && <Numbers span={span} />}
      <Columns>
        <div>
          <Section title="Runs">
            <RunsChart span={span} />
          </Section>
          <Section
            title="Latest failures"
            flush
            actions={
              <Go to="runs" search={{ status: 'failed' }}>
                All failures
              </Go>
            }
          >
            {failed.items.length === 0 && !failed.isLoading ? (
              <Empty icon={<CircleCheck size={22} />} title="Nothing has failed" />
            ) : (
              <RecentRuns runs={failed.items} isLoading={failed.isLoading} />
            )}
          </Section>
        </div>
        <div>
          {can('listAlerts') && <FiringAlerts />}
          <NeedsAttention />
          <NextJobs />
        </div>
      </Columns>
    </Page>
  );
}

function sumOf(stats: Stats | undefined, key?: string): number {
  const series = stats?.series.filter((each) => key === undefined || each.key === key) ?? [];
  return series.reduce((total, { values }) => total + values.reduce<number>((sum, value) => sum + (value ?? 0), 0), 0);
}

/** The latest value that there is of a percentile. */
function latestOf(stats: Stats | undefined, key: string): number | undefined {
  return stats?.series.find((each) => each.key === key)?.values.findLast((value) => value !== null) ?? undefined;
}

function Numbers({ span }: { span: string }): ReactNode {
  const since = sinceOf(span);
  const runs = useAnnex('getStats', { query: { metric: 'runs', by: 'status', since } as never }, { every: 30_000 });
  const times = useAnnex('getStats', { query: { metric: 'wall_ms', since } as never }, { every: 30_000 });
  const { can } = useTenant();
  const dead = useAnnexList('listDeadLetters', { query: { limit: 200 } }, { enabled: can('listDeadLetters') });
  const firing = useAnnexList('listAlerts', firingQuery, { enabled: can('listAlerts'), every: 30_000 });
  const total = sumOf(runs.data);
  const failed = sumOf(runs.data, 'failed');
  const minutes = { '1h': 60, '24h': 1440, '7d': 10_080 }[span] ?? 1440;
  const p95 = latestOf(times.data, 'p95');
  const deadText = `${dead.items.length}${dead.hasMore ? '+' : ''}`;
  return (
    <div className={classes.numbers}>
      <Figure label="Runs" value={shortCount(total)} note={rateText(total / minutes)} to="runs" />
      <Figure
        label="Failed"
        value={total === 0 ? '–' : `${countText((failed / total) * 100)} %`}
        note={plural(failed, 'run')}
        to="runs"
        search={{ status: 'failed', span }}
        isBad={failed > 0}
      />
      <Figure label="p95" value={p95 === undefined ? '–' : lengthOf(p95)} note="of the time that runs take" to="runs" />
      {can('listDeadLetters') && (
        <Figure
          label="Dead letters"
          value={deadText}
          note="failed for good, to be replayed"
          to="dead-letters"
          isBad={dead.items.length > 0}
        />
      )}
      {can('listAlerts') && (
        <Figure
          label="Firing alerts"
          value={`${firing.items.length}${firing.hasMore ? '+' : ''}`}
          note="events that belong together"
          to="alerts"
          search={{ status: 'firing' }}
          isBad={firing.items.length > 0}
        />
      )}
    </div>
  );
}

/** Runs a minute, or an hour where there are few. */
function rateText(perMinute: number): string {
  return perMinute >= 0.1 ? `${countText(perMinute)} a minute` : `${countText(perMinute * 60)} an hour`;
}

function Figure({
  label,
  value,
  note,
  to,
  search,
  isBad = false,
}: {
  label: string;
  value: string;
  note: string;
  to: string;
  search?: Record<string, string>;
  isBad?: boolean;
}): ReactNode {
  return (
    <Go to={to} {...(search && { search })} className={classes.figure}>
      <span className={classes.label}>{label}</span>
      <span className={classes.value} data-bad={isBad}>
        {value}
      </span>
      <span className={classes.noteText}>{note}</span>
    </Go>
  );
}

/** A quota this near its end is named, as a part of it. */
const nearEnd = 0.8;

function NeedsAttention(): ReactNode {
  const { can } = useTenant();
  const plugins = useAnnexList('listPlugins', { query: { limit: 200 } }, { enabled: can('listPlugins') });
  const { data: usage } = useAnnex('getUsage', { query: { limit: '1' } }, { enabled: can('getUsage') });
  const troubled = plugins.items.filter((plugin) => needsOf(plugin).length > 0 || isStopped(plugin));
  const full = Object.entries(usage?.quotas ?? {}).filter(([, { max, used }]) => max !== null && used >= max * nearEnd);
  const isEmpty = troubled.length + full.length === 0;
  if (plugins.items.length === 0 && !plugins.isLoading)
    return (
      <Section title="Begin here">
        <p className="quiet" style={{ marginTop: 0 }}>
          A plugin is code that runs next to your product. Install one to see routes, jobs and events at work.
        </p>
        {can('uploadPlugin') && (
          <div className="line">
            <InstallSample />
            <Go to="plugins/install">Install your own</Go>
          </div>
        )}
      </Section>
    );
  return (
    <Section title="Needs attention" flush>
      {isEmpty ? (
        <Empty icon={<CircleCheck size={22} />} title="All is well">
          Missing secrets, permissions to grant, failing plugins and full quotas show up here.
        </Empty>
      ) : (
        <ul className={classes.list}>
          {troubled.map((plugin) => (
            <li key={plugin.id}>
              <Go to={`plugins/${plugin.slug}`}>{plugin.name}</Go>
              <Status
                of={plugin.status}
                tone={isStopped(plugin) ? 'bad' : 'warn'}
                label={isStopped(plugin) ? plugin.status : needsOf(plugin).join(', ')}
              />
            </li>
          ))}
          {full.map(([name, { max, used }]) => (
            <li key={name}>
              <Go to="usage">{words(name)}</Go>
              <Status of="quota" tone="warn" label={`${Math.round((used / (max ?? 1)) * 100)} % used`} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function isStopped({ status }: Plugin): boolean {
  return status === 'failed' || status === 'suspended';
}

function NextJobs(): ReactNode {
  const { can } = useTenant();
  const jobs = useAnnexList('listJobs', { query: { limit: 200 } }, { enabled: can('listJobs') });
  const next = jobs.items
    .filter(({ next_run_at: at, paused }) => at !== null && !paused)
    .toSorted((one, other) => (one.next_run_at ?? '').localeCompare(other.next_run_at ?? ''))
    .slice(0, 6);
  return (
    <Section title="Next jobs" flush>
      {next.length === 0 ? (
        <Empty title="No job is due" />
      ) : (
        <ul className={classes.list}>
          {next.map((job) => (
            <li key={`${job.plugin} ${job.name}`}>
              <Go to={`plugins/${job.plugin}/jobs`}>
                {job.name} <span className="quiet">{job.plugin}</span>
              </Go>
              <When at={job.next_run_at} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
