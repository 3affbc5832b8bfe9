import type { JobTimes } from '@annex/client';
import { Button, Group } from '@mantine/core';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useZone } from '../../api/tenant';
import { Empty } from '../../parts/empty';
import { useFilters } from '../../parts/filters';
import { Section, Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { addDays, dayIn, dayName, startOfDay } from './days';
import classes from './week.module.css';

/** A week of jobs, day by day in the tenant's zone. The first day stands in the address. */
export function Week(): ReactNode {
  const zone = useZone();
  const { filters, set } = useFilters();
  const first = /^\d{4}-\d\d-\d\d$/.test(filters['from'] ?? '') ? String(filters['from']) : dayIn(Date.now(), zone);
  const days = Array.from({ length: 7 }, (_, index) => addDays(first, index));
  const since = new Date(startOfDay(first, zone)).toISOString();
  const until = new Date(startOfDay(addDays(first, 7), zone)).toISOString();
  const list = useAnnexList('listJobTimes', { query: { since, until } });
  const asked = filters['q']?.toLowerCase() ?? '';
  const jobs = list.items.filter(({ name, plugin }) => `${name} ${plugin}`.toLowerCase().includes(asked));
  if (list.error) return <Problem error={list.error} onRetry={list.reload} />;
  return (
    <Section
      title={`${dayName(first)} to ${dayName(addDays(first, 6))}`}
      lead={`Times of ${zone}`}
      actions={
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => set({ from: addDays(first, -7) })}>
            Week before
          </Button>
          <Button variant="default" size="xs" onClick={() => set({ from: undefined })}>
            Today
          </Button>
          <Button variant="default" size="xs" onClick={() => set({ from: addDays(first, 7) })}>
            Week after
          </Button>
        </Group>
      }
    >
      {list.isLoading && <Waiting />}
      {!list.isLoading && jobs.length === 0 && !list.hasMore && (
        <Empty icon={<CalendarClock size={22} />} title="No job has a schedule">
          A plugin names schedules in plugin.json; any job can be run by hand as well.
        </Empty>
      )}
      <Often jobs={jobs.filter(({ more }) => more)} />
      <div className={classes.week}>
        {days.map((day) => (
          <Day key={day} day={day} jobs={jobs.filter(({ more }) => !more)} />
        ))}
      </div>
      {list.hasMore && (
        <Button variant="default" size="xs" loading={list.isLoadingMore} onClick={list.loadMore}>
          Further jobs
        </Button>
      )}
    </Section>
  );
}

/** Jobs that run too often to stand on each day. */
function Often({ jobs }: { jobs: readonly JobTimes[] }): ReactNode {
  if (jobs.length === 0) return null;
  return (
    <ul className={classes.often} aria-label="Jobs that run often">
      {jobs.map(({ plugin, name, schedule, timezone, resting, ticks }) => (
        <li key={`${plugin} ${name}`}>
          <Go to={`plugins/${plugin}/jobs`}>{name}</Go>
          <span className="quiet">{plugin}</span>
          <code>{schedule}</code>
          <span className="quiet">{timezone}, from</span>
          <When at={ticks[0]} as="minute" />
          {resting && <Tag>{words(resting)}</Tag>}
        </li>
      ))}
    </ul>
  );
}

function Day({ day, jobs }: { day: string; jobs: readonly JobTimes[] }): ReactNode {
  const zone = useZone();
  const ticks = jobs
    .flatMap((job) => job.ticks.filter((at) => dayIn(Date.parse(at), zone) === day).map((at) => ({ at, job })))
    .toSorted((one, other) => one.at.localeCompare(other.at));
  const isToday = dayIn(Date.now(), zone) === day;
  return (
    <section className={classes.day} aria-label={dayName(day)} data-today={isToday}>
      <h3>{dayName(day)}</h3>
      <ol>
        {ticks.map(({ at, job: { plugin, name, resting } }) => (
          <li key={`${plugin} ${name} ${at}`} data-resting={resting !== null}>
            <When at={at} as="hour" />{' '}
            <Go
              to={`plugins/${plugin}/jobs`}
              aria-label={`${name} of ${plugin}${resting ? `, ${words(resting)}` : ''}`}
            >
              {name}
            </Go>
          </li>
        ))}
      </ol>
      {ticks.length === 0 && <span className="quiet">nothing</span>}
    </section>
  );
}

const words = (resting: 'paused' | 'plugin_disabled'): string => (resting === 'paused' ? 'paused' : 'plugin is off');
