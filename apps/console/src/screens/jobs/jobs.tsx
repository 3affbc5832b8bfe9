import type { TenantJob } from '@annex/client';
import { SegmentedControl } from '@mantine/core';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { Week } from './week';

const columns: readonly Column<TenantJob>[] = [
  {
    label: 'Job',
    width: 'minmax(0, 1.6fr)',
    show: ({ name, plugin }) => (
      <>
        {name} <span className="quiet">· {plugin}</span>
      </>
    ),
  },
  {
    label: 'Schedule',
    width: 'minmax(0, 1.2fr)',
    wide: true,
    show: ({ schedule, timezone }) =>
      schedule === null ? (
        <span className="quiet">on demand</span>
      ) : (
        <>
          <code>{schedule}</code> <span className="quiet">{timezone}</span>
        </>
      ),
  },
  {
    label: 'Last run',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ last_run: run }) =>
      run ? (
        <Go to={`runs/${run.id}`}>
          <Status of={run.status} />
        </Go>
      ) : (
        <span className="quiet">never</span>
      ),
  },
  {
    label: 'Next',
    width: '150px',
    align: 'end',
    show: ({ next_run_at: at, paused }) => (paused ? <Status of="paused" tone="warn" /> : <When at={at} as="minute" />),
  },
];

/** The jobs of every plugin: a list by when they run next, or a week of them. */
export function Jobs(): ReactNode {
  const { filters, set } = useFilters();
  const shows = filters['shows'] === 'week' ? 'week' : 'list';
  return (
    <Page
      title="Jobs"
      lead="What plugins do by the clock, and on demand."
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How jobs are shown"
          data={[
            { value: 'list', label: 'List' },
            { value: 'week', label: 'Week' },
          ]}
          value={shows}
          onChange={(value) => set({ shows: value === 'week' ? 'week' : undefined, from: undefined })}
        />
      }
    >
      <FilterBar>
        <SearchBox label="Job or plugin" />
      </FilterBar>
      {shows === 'week' ? <Week /> : <List asked={filters['q']?.toLowerCase() ?? ''} />}
    </Page>
  );
}

function List({ asked }: { asked: string }): ReactNode {
  const at = useAt();
  const list = useAnnexList('listJobs', { query: { limit: 200 } }, { every: 30_000 });
  const items = list.items
    .filter(({ name, plugin }) => `${name} ${plugin}`.toLowerCase().includes(asked))
    .toSorted((one, other) => (one.next_run_at ?? '~').localeCompare(other.next_run_at ?? '~'));
  return (
    <Section flush>
      <Rows
        label="Jobs"
        list={{ ...list, items }}
        columns={columns}
        idOf={({ plugin, name }) => `${plugin} ${name}`}
        linkTo={({ plugin }) => at(`plugins/${plugin}/jobs`)}
        empty={
          <Empty icon={<CalendarClock size={22} />} title="No plugin has a job">
            A plugin names its jobs in plugin.json: <code>{'"jobs": [{ "name": "tidy", "schedule": "@daily" }]'}</code>
          </Empty>
        }
      />
    </Section>
  );
}
