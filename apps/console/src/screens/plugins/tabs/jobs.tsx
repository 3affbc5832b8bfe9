import type { Job } from '@annex/client';
import { Button } from '@mantine/core';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import Pause from 'lucide-react/icons/pause';
import Play from 'lucide-react/icons/play';
import { useState, type ReactNode } from 'react';
import { cli } from '../../../api/commands';
import { useAnnexList } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { Empty } from '../../../parts/empty';
import { Section, Waiting } from '../../../parts/page';
import { Problem } from '../../../parts/problem';
import { Status, Tag } from '../../../parts/status';
import { When } from '../../../parts/when';
import { Go } from '../../../shell/go';
import classes from '../../../parts/items.module.css';
import { History } from '../jobs/history';
import { Reschedule } from '../jobs/reschedule';
import { RunNow } from '../jobs/run-now';
import { Ticks } from '../jobs/ticks';
import type { TabProps } from '../plugin';

/** The jobs of a plugin: when they run next, and running one now. */
export default function JobsTab({ plugin }: TabProps): ReactNode {
  const list = useAnnexList('listPluginJobs', { path: { id: plugin.slug }, query: {} });
  if (list.isLoading) return <Waiting />;
  if (list.error) return <Problem error={list.error} onRetry={list.reload} />;
  return (
    <Section flush>
      {list.items.length === 0 && (
        <Empty icon={<CalendarClock size={22} />} title="It has no jobs">
          A plugin names its jobs in plugin.json under <code>jobs</code>, each with a schedule or none.
        </Empty>
      )}
      {list.items.map((job) => (
        <JobItem key={job.name} slug={plugin.slug} job={job} />
      ))}
    </Section>
  );
}

function JobItem({ slug, job }: { slug: string; job: Job }): ReactNode {
  const [asked, setAsked] = useState<'run' | 'schedule' | 'history'>();
  const { can } = useTenant();
  const path = { id: slug, name: job.name };
  const verb = job.paused ? 'Resume' : 'Pause';
  return (
    <div className={classes.item}>
      <div>
        <div className={classes.name}>
          <strong>{job.name}</strong>
          {job.schedule === null ? <Tag>on demand</Tag> : <code>{job.schedule}</code>}
          {job.schedule !== null && <span className="quiet">{job.timezone}</span>}
          {job.paused && <Status of="paused" tone="warn" />}
          {job.overridden && <Tag>changed here</Tag>}
        </div>
        <p>
          {job.last_run ? (
            <>
              Last run <When at={job.last_run.queued_at} />,{' '}
              <Go to={`runs/${job.last_run.id}`}>{job.last_run.status}</Go>
            </>
          ) : (
            'It never ran'
          )}
          {job.passing && `. Its ticks pass by: ${job.passing.reason.replaceAll('_', ' ')}`}
        </p>
        {!job.paused && <Ticks label="Next runs" of={job.next_runs} />}
      </div>
      <div className={classes.actions}>
        <Button variant="default" size="xs" onClick={() => setAsked('history')}>
          History
        </Button>
        {can('updateJob') && job.schedule !== null && (
          <Button variant="default" size="xs" onClick={() => setAsked('schedule')}>
            Schedule
          </Button>
        )}
        {job.schedule !== null && (
          <Act
            call="updateJob"
            input={{ path, body: { paused: !job.paused } }}
            cli={job.paused ? cli`annex jobs resume ${slug} ${job.name}` : cli`annex jobs pause ${slug} ${job.name}`}
            icon={job.paused ? <Play size={14} /> : <Pause size={14} />}
            done={job.paused ? `${job.name} runs by its schedule again` : `${job.name} is paused`}
          >
            {verb}
          </Act>
        )}
        {can('runJob') && (
          <Button size="xs" leftSection={<Play size={14} />} onClick={() => setAsked('run')}>
            Run now
          </Button>
        )}
      </div>
      {asked === 'run' && <RunNow slug={slug} job={job} onClose={() => setAsked(undefined)} />}
      {asked === 'history' && <History slug={slug} name={job.name} onClose={() => setAsked(undefined)} />}
      {asked === 'schedule' && <Reschedule slug={slug} job={job} onClose={() => setAsked(undefined)} />}
    </div>
  );
}
