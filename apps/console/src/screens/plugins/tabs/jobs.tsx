import type { Job } from '@annex/client';
import { Button, Group, Modal, Select, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import Pause from 'lucide-react/icons/pause';
import Play from 'lucide-react/icons/play';
import { useState, type ReactNode } from 'react';
import { cli } from '../../../api/commands';
import { useAnnexList, useCall } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { JsonEditor, readJson } from '../../../parts/code';
import { Empty } from '../../../parts/empty';
import { Section, Waiting } from '../../../parts/page';
import { notifyDone, Problem } from '../../../parts/problem';
import { Status, Tag } from '../../../parts/status';
import { When } from '../../../parts/when';
import { Go, useAt } from '../../../shell/go';
import classes from '../../../parts/items.module.css';
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
  const [asked, setAsked] = useState<'run' | 'schedule'>();
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
        {!job.paused && job.next_runs.length > 0 && (
          <div className={classes.ticks} aria-label="Next runs">
            {job.next_runs.slice(0, 10).map((at) => (
              <Tag key={at}>
                <When at={at} as="minute" />
              </Tag>
            ))}
          </div>
        )}
      </div>
      <div className={classes.actions}>
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
      {asked === 'schedule' && <Reschedule slug={slug} job={job} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

function RunNow({ slug, job, onClose }: { slug: string; job: Job; onClose: () => void }): ReactNode {
  const kept = `annex-payload-${slug}-${job.name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(kept) ?? '{}');
  const read = readJson(text);
  const navigate = useNavigate();
  const at = useAt();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<strong>Run {job.name} now</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        <Text size="sm" c="dimmed">
          The payload is what the handler gets as its second argument.
        </Text>
        <JsonEditor value={text} onChange={setText} label="Payload" />
        {'error' in read ? (
          <Text size="sm" c="var(--annex-bad)">
            {read.error}
          </Text>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="runJob"
            input={{
              path: { id: slug, name: job.name },
              body: { payload: 'value' in read ? (read.value as never) : {} },
            }}
            cli={cli`annex jobs run ${slug} ${job.name} --payload ${text} --wait`}
            variant="filled"
            size="sm"
            disabled={'error' in read}
            onDone={({ run_id: id }) => {
              sessionStorage.setItem(kept, text);
              void navigate({ to: at(`runs/${id}`) });
            }}
          >
            Run it
          </Act>
        </Group>
      </div>
    </Modal>
  );
}

function Reschedule({ slug, job, onClose }: { slug: string; job: Job; onClose: () => void }): ReactNode {
  const [schedule, setSchedule] = useState(job.schedule ?? '');
  const [zone, setZone] = useState(job.timezone);
  const change = useCall('updateJob');
  const send = (body: { schedule: string | null; timezone: string | null }): void =>
    change.mutate(
      { path: { id: slug, name: job.name }, body },
      {
        onSuccess() {
          notifyDone(`${job.name} has its schedule`);
          onClose();
        },
      },
    );
  return (
    <Modal
      opened
      onClose={onClose}
      title={<strong>When {job.name} runs</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send({ schedule, timezone: zone });
        }}
      >
        <TextInput
          label="Schedule"
          description="Minute, hour, day, month, weekday; or @hourly, @daily, @weekly"
          value={schedule}
          onChange={(event) => setSchedule(event.currentTarget.value)}
          className="mono"
          data-autofocus
        />
        <Select
          label="Time zone"
          data={Intl.supportedValuesOf('timeZone')}
          value={zone}
          searchable
          onChange={(value) => setZone(value ?? job.timezone)}
        />
        {change.error && <Problem error={change.error} />}
        <Group justify="space-between">
          {job.overridden ? (
            <Button variant="subtle" color="gray" onClick={() => send({ schedule: null, timezone: null })}>
              Back to {job.manifest.schedule}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
