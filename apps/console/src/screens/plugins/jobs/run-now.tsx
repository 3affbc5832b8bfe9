import type { Job } from '@annex/client';
import { Button, Group, Modal, Select, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { callOf, useAnnex } from '../../../api/queries';
import { cli } from '../../../api/commands';
import { useTenant, useZone } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { JsonField, readJson } from '../../../parts/code';
import { notifyProblem } from '../../../parts/problem';
import { inZone } from '../../../parts/when';
import { useAt } from '../../../shell/go';

/** Asks for a payload and runs a job with it. */
export function RunNow({ slug, job, onClose }: { slug: string; job: Job; onClose: () => void }): ReactNode {
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
        <RecentPayloads slug={slug} name={job.name} onPick={setText} />
        <JsonField value={text} onChange={setText} label="Payload" />
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

/** Payloads that people ran the job with lately, to start from. */
function RecentPayloads({
  slug,
  name,
  onPick,
}: {
  slug: string;
  name: string;
  onPick: (text: string) => void;
}): ReactNode {
  const { annex } = useTenant();
  const zone = useZone();
  const { data } = useAnnex('listRuns', { query: { plugin: slug, kind: 'job', name, limit: 50 } });
  const runs = (data?.items ?? []).filter(({ trigger }) => ['manual', 'replay', 'code'].includes(trigger.kind));
  if (runs.length === 0) return null;
  const pick = (id: string | null): void => {
    if (id === null) return;
    // Lists leave payloads out: the one that is wanted is asked for.
    void callOf(
      annex,
      'getRun',
    )({ path: { id } }).then((run) => onPick(JSON.stringify(run.payload ?? {}, null, 2)), notifyProblem);
  };
  return (
    <Select
      label="Begin with the payload of"
      placeholder="A recent run"
      data={runs.slice(0, 10).map(({ id, queued_at: at, status }) => ({
        value: id,
        label: `${inZone(at, zone)} · ${status}`,
      }))}
      onChange={pick}
    />
  );
}
