import type { Run } from '@annex/client';
import { Switch } from '@mantine/core';
import Activity from 'lucide-react/icons/activity';
import { useState, type ReactNode } from 'react';
import { flagsOf } from '../../api/commands';
import { useAnnex, useAnnexList } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, sinceOf, SpanChoice, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { SavedViews } from '../../parts/saved-views';
import { Status, Tag } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { Batches, BulkMenu } from './bulk';
import { useLiveRuns } from './live-runs';

export const runKinds = ['route', 'event', 'job', 'webhook', 'filter', 'lifecycle', 'source'] as const;
export const runStatuses = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;

/** Milliseconds of work; `undefined`: it has not begun, or goes on. */
export function workedMs({ started_at: from, finished_at: to }: Run): number | undefined {
  return from && to ? Date.parse(to) - Date.parse(from) : undefined;
}

const columns: readonly Column<Run>[] = [
  {
    label: 'Run',
    width: 'minmax(0, 2fr)',
    show: (run) => (
      <>
        {run.plugin ?? 'webhook'} <span className="quiet">· {run.name}</span>
      </>
    ),
  },
  { label: 'Status', width: '110px', narrow: '1rem', show: ({ status }) => <Status of={status} /> },
  { label: 'Kind', width: '90px', show: ({ kind }) => <Tag>{kind}</Tag>, wide: true },
  {
    label: 'What happened',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: ({ error, waiting_for: waiting }) =>
      error ? (
        <span title={error.message}>
          <code>{error.code}</code> <span className="quiet">{error.message}</span>
        </span>
      ) : (
        <span className="quiet">{waiting ? `waits for ${waiting.replaceAll('_', ' ')}` : ''}</span>
      ),
  },
  { label: 'Attempts', width: '70px', wide: true, align: 'end', show: ({ attempts }) => attempts.length },
  {
    label: 'Took',
    width: '80px',
    wide: true,
    align: 'end',
    show: (run) => {
      const ms = workedMs(run);
      return ms === undefined ? '–' : lengthOf(ms);
    },
  },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ queued_at: at }) => <When at={at} /> },
];

/** Every run of the tenant, by filters that stand in the address. */
export function Runs(): ReactNode {
  const { filters } = useFilters();
  const [isLive, setLive] = useState(false);
  const at = useAt();
  const { span, ...named } = filters;
  const query = { ...named, ...(sinceOf(span) && { since: sinceOf(span) }), limit: 100 } as never;
  const list = useAnnexList('listRuns', { query });
  const { data: plugins } = useAnnex('listPlugins', { query: { limit: 200 } });
  useLiveRuns(isLive, filters);
  const hasFilters = Object.keys(filters).length > 0;
  return (
    <Page
      title="Runs"
      lead="Every time that plugin code ran: calls of routes, events, jobs, webhooks and filters."
      actions={
        <>
          <Switch label="Live" size="sm" checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
          <BulkMenu filters={filters} />
          <CopyAs
            call="listRuns"
            input={{ query }}
            cli={`annex runs ls ${flagsOf(filters)}`.trim()}
            label="This list"
          />
        </>
      }
    >
      <FilterBar>
        <SearchBox label="Handler, plugin or error" />
        <Choice name="plugin" label="Plugin" options={(plugins?.items ?? []).map(({ slug }) => slug)} />
        <Choice name="status" label="Status" options={runStatuses} />
        <Choice name="kind" label="Kind" options={runKinds} />
        <SpanChoice />
        <SavedViews of="runs" />
      </FilterBar>
      <Batches />
      <Section flush>
        <Rows
          label="Runs"
          list={list}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ id }) => at(`runs/${id}`)}
          empty={
            hasFilters ? (
              <Empty icon={<Activity size={22} />} title="No run is like that">
                Take a filter away, or look further back.
              </Empty>
            ) : (
              <Empty icon={<Activity size={22} />} title="Nothing has run yet">
                A run begins when somebody calls a plugin’s route, an event comes in, or a job is due. Open{' '}
                <Go to="plugins">a plugin</Go> and run one of its jobs now.
              </Empty>
            )
          }
        />
      </Section>
    </Page>
  );
}
