import type { Job } from '@annex/client';
import { Button, Group, Modal, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useAnnex, useCall } from '../../../api/queries';
import { useZone } from '../../../api/tenant';
import { CopyAs } from '../../../parts/act';
import { notifyDone, Problem } from '../../../parts/problem';
import { Ticks } from './ticks';

const typingMs = 300;

/** Another schedule and zone for a job, with what they would mean before they are saved. */
export function Reschedule({ slug, job, onClose }: { slug: string; job: Job; onClose: () => void }): ReactNode {
  const [schedule, setSchedule] = useState(job.schedule ?? '');
  const [zone, setZone] = useState(job.timezone);
  const change = useCall('updateJob');
  const path = { id: slug, name: job.name };
  const send = (body: { schedule: string | null; timezone: string | null }): void =>
    change.mutate(
      { path, body },
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
      size="lg"
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
        <Preview slug={slug} job={job} schedule={schedule} timezone={zone} />
        {change.error && <Problem error={change.error} />}
        <Group justify="space-between">
          {job.overridden ? (
            <Button
              variant="subtle"
              color="gray"
              loading={change.isPending}
              onClick={() => send({ schedule: null, timezone: null })}
            >
              Back to the manifest’s
            </Button>
          ) : (
            <span />
          )}
          <Group gap="xs">
            <CopyAs call="updateJob" input={{ path, body: { schedule, timezone: zone } }} label="Save" />
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        </Group>
      </form>
    </Modal>
  );
}

function Preview({
  slug,
  job,
  schedule,
  timezone,
}: {
  slug: string;
  job: Job;
  schedule: string;
  timezone: string;
}): ReactNode {
  const zone = useZone();
  const [typed] = useDebouncedValue(schedule, typingMs);
  const query = { schedule: typed, timezone };
  const { data, error } = useAnnex('previewJobSchedule', { path: { id: slug, name: job.name }, query });
  const { schedule: own, timezone: ownZone } = job.manifest;
  return (
    <div role="status" aria-label="Preview" className="stack">
      {error && <Problem error={error} />}
      {!error && data && (
        <>
          <Text size="sm">
            {data.next_runs.length === 0 ? 'It would never run.' : `It would run next at these times (${zone}):`}
          </Text>
          <Ticks label="Next runs as previewed" of={data.next_runs} />
          <Text size="sm" c="dimmed">
            {data.overridden
              ? `Upgrades leave your choice alone. The manifest says ${own ?? 'no schedule'} in ${ownZone}.`
              : 'This is what the manifest says, and follows it when the plugin is upgraded.'}
          </Text>
        </>
      )}
    </div>
  );
}
