import type { RunBatch } from '@annex/client';
import { Button, Group, Menu, Modal, Progress, Text } from '@mantine/core';
import ListChecks from 'lucide-react/icons/list-checks';
import { useState, type ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { sinceOf, type Filters } from '../../parts/filters';
import { countText, plural } from '../../parts/numbers';
import { Section, Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { Status } from '../../parts/status';

type Action = RunBatch['action'];

/** What each act means, and of which states. */
const acts: Readonly<Record<Action, { verb: string; means: string; of: readonly string[]; warns: string }>> = {
  replay: {
    verb: 'Replay',
    means: 'background runs that ended',
    of: ['succeeded', 'failed', 'cancelled'],
    warns: 'Each runs again as a run of its own, with the input that it had. What they do is done once more.',
  },
  cancel: {
    verb: 'Cancel',
    means: 'runs that have not ended',
    of: ['queued', 'running', 'retrying'],
    warns: 'What they did so far stays done. They are not tried again.',
  },
  discard: {
    verb: 'Put away',
    means: 'dead letters',
    of: ['failed'],
    warns: 'They stay in this list, and are dead letters no longer. None of them is tried again.',
  },
};

/** Acts on every run that the filters mean. */
export function BulkMenu({ filters }: { filters: Filters }): ReactNode {
  const { can } = useTenant();
  const [asked, setAsked] = useState<Action>();
  if (!can('beginRunBatch')) return null;
  const { status } = filters;
  const offered = (Object.keys(acts) as Action[]).filter(
    (act) => status === undefined || acts[act].of.includes(status),
  );
  if (offered.length === 0) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" size="xs" leftSection={<ListChecks size={14} />}>
            All of these
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {offered.map((act) => (
            <Menu.Item key={act} onClick={() => setAsked(act)}>
              {acts[act].verb}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked && <Ask action={asked} filters={filters} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function Ask({ action, filters, onClose }: { action: Action; filters: Filters; onClose: () => void }): ReactNode {
  const { span, ...named } = filters;
  // The span is made to a time once: what is asked for is what was counted.
  const [since] = useState(() => sinceOf(span));
  const filter = { ...named, ...(since && { since }) };
  const { data, error } = useAnnex('previewRunBatch', { query: { action, ...filter } as never });
  const { verb, means, warns } = acts[action];
  const isAll = Object.keys(filter).length === 0;
  return (
    <Modal
      opened
      onClose={onClose}
      title={<strong>{`${verb} ${isAll ? 'everything' : 'all of this filter'}?`}</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        {error && <Problem error={error} />}
        {!error && !data && <Waiting />}
        {data && (
          <Text size="sm" role="status">
            {data.total === 0
              ? `None of them can be changed so: it means ${means}.`
              : [`${plural(data.total, 'run')}: it means ${means}${oldest(data.more)}.`, warns].join(' ')}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="beginRunBatch"
            input={{ body: { action, ...(isAll ? { all: true } : filter) } as never }}
            variant="filled"
            size="sm"
            disabled={!data || data.total === 0}
            done={({ total }) => `Under way: ${plural(total, 'run')}`}
            onDone={onClose}
          >
            {data && data.total > 0 ? `${verb} ${countText(data.total)}` : verb}
          </Act>
        </Group>
      </div>
    </Modal>
  );
}

const oldest = (hasMore: boolean): string => (hasMore ? ', and takes the oldest of them' : '');

/** Acts that are under way, or ended a moment ago: they go on behind the page. */
export function Batches(): ReactNode {
  const { items } = useAnnexList('listRunBatches', { query: { limit: 5 } }, { every: 2000 });
  const isNew = ({ finished_at: at }: RunBatch): boolean => at !== null && Date.now() - Date.parse(at) < freshMs;
  const shown = items.filter((batch) => batch.status === 'running' || isNew(batch));
  if (shown.length === 0) return null;
  return (
    <Section>
      <div className="stack">
        {shown.map((batch) => (
          <BatchLine key={batch.id} batch={batch} />
        ))}
      </div>
    </Section>
  );
}

const freshMs = 30_000;

function BatchLine({ batch }: { batch: RunBatch }): ReactNode {
  const { id, action, total, done, missed, status, waiting_for: waiting } = batch;
  const text = `${acts[action].verb}: ${countText(done)} of ${countText(total)}`;
  const label = [
    text,
    ...(missed > 0 ? [`${countText(missed)} had changed meanwhile`] : []),
    ...(waiting ? ['it waits for room in the queue'] : []),
  ].join(', ');
  return (
    <div>
      <Group justify="space-between">
        <Status of={status} label={label} />
        {status === 'running' && (
          <Act call="stopRunBatch" input={{ path: { id } }} done="It stops here">
            Stop
          </Act>
        )}
      </Group>
      <Progress
        value={status === 'done' ? 100 : (done / Math.max(1, total)) * 100}
        aria-label={`${acts[action].verb}: part that is done`}
        mt="xs"
      />
    </div>
  );
}
