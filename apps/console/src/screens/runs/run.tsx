import type { RunDetail, RunMention } from '@annex/client';
import { Button, Group, Modal, Progress, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate, useParams } from '@tanstack/react-router';
import CircleStop from 'lucide-react/icons/circle-stop';
import Pencil from 'lucide-react/icons/pencil';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Json, JsonField, readJson } from '../../parts/code';
import { Id } from '../../parts/copy';
import { LogLines } from '../../parts/log-lines';
import { bytesText, countText, words } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { Status, Tag } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { Attempts } from './attempts';
import { Branches } from './branch';
import classes from './run.module.css';
import { workedMs } from './runs';
import { Waterfall } from './waterfall';

const underWay = ['queued', 'running', 'retrying'];

/** One run: what began it, what became of it, what it used and wrote. */
export function RunScreen(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const result = useAnnex(
    'getRun',
    { path: { id } },
    { every: (run) => (run && underWay.includes(run.status) ? 1000 : false) },
  );
  return <Loaded result={result}>{(run) => <RunPage run={run} />}</Loaded>;
}

function RunPage({ run }: { run: RunDetail }): ReactNode {
  const took = workedMs(run);
  return (
    <Page
      title={run.name}
      mark={
        <>
          <Status of={run.status} />
          <Tag>{run.kind}</Tag>
        </>
      }
      trail={
        <>
          <Go to="runs">Runs</Go>
          {run.plugin && (
            <>
              {' / '}
              <Go to={`plugins/${run.plugin}`}>{run.plugin}</Go>
            </>
          )}
        </>
      }
      actions={<RunActions run={run} />}
    >
      {run.error && <Fault run={run} />}
      <Columns>
        <div>
          <Section title="Attempts" lead={run.attempts.length === 0 ? 'It has not begun.' : undefined}>
            <Attempts run={run} />
          </Section>
          <Waterfall run={run} />
          <Section title="Logs" flush lead={run.logs.length === 0 ? 'It wrote nothing.' : undefined}>
            <LogLines lines={run.logs} isLive={underWay.includes(run.status)} />
          </Section>
          <Section title="Input">
            <Json value={run.payload} label="input" />
          </Section>
          <Section title="Result">
            {run.result_omitted_bytes !== undefined ? (
              <Text size="sm">
                The result of {bytesText(run.result_omitted_bytes)} is not kept: it is larger than what a run keeps.
              </Text>
            ) : (
              <Json value={run.result} label="result" />
            )}
          </Section>
        </div>
        <div>
          <Section title="About">
            <Facts
              of={[
                ['Run', <Id key="id">{run.id}</Id>],
                [
                  'Began by',
                  <Actors key="began" ids={[run.trigger.by]}>
                    <Began run={run} />
                  </Actors>,
                ],
                run.release !== null && ['Release', run.release],
                ['Queued', <When key="at" at={run.queued_at} as="exact" />],
                run.started_at !== null && ['Started', <When key="at" at={run.started_at} as="exact" />],
                run.finished_at !== null && ['Ended', <When key="at" at={run.finished_at} as="exact" />],
                took !== undefined && ['Took', lengthOf(took)],
                run.waiting_for !== undefined && ['Waits for', words(run.waiting_for)],
                run.next_attempt_at !== undefined && [
                  'Next attempt',
                  <When key="at" at={run.next_attempt_at} as="exact" />,
                ],
                run.scheduled_for !== undefined && [
                  'Scheduled for',
                  <When key="at" at={run.scheduled_for} as="exact" />,
                ],
              ]}
            />
          </Section>
          <Limits run={run} />
          <Family run={run} />
        </div>
      </Columns>
    </Page>
  );
}

function Fault({ run }: { run: RunDetail }): ReactNode {
  if (!run.error) return null;
  return (
    <div className={classes.fault} role="status">
      <code>{run.error.code}</code>
      <span>{run.error.message}</span>
    </div>
  );
}

function Began({ run: { trigger, event_id: event } }: { run: RunDetail }): ReactNode {
  return (
    <span>
      {trigger.kind}
      {trigger.by !== null && trigger.by !== event && (
        <span className="quiet">
          {' · '}
          <ActorName id={trigger.by} />
        </span>
      )}
      {event !== undefined && (
        <>
          {' · '}
          <Go to={`events/${event}`}>the event</Go>
        </>
      )}
    </span>
  );
}

function RunActions({ run }: { run: RunDetail }): ReactNode {
  const [isEditing, editing] = useDisclosure();
  const navigate = useNavigate();
  const at = useAt();
  const { can } = useTenant();
  const isUnderWay = underWay.includes(run.status);
  const path = { id: run.id };
  const isReplayable = !isUnderWay && run.kind !== 'route' && run.kind !== 'filter';
  const open = ({ run_id: id }: { run_id: string }): void => void navigate({ to: at(`runs/${id}`) });
  return (
    <>
      {isUnderWay && (
        <Act
          call="cancelRun"
          input={{ path }}
          cli={cli`annex runs cancel ${run.id}`}
          icon={<CircleStop size={14} />}
          confirm={{ title: 'Cancel this run?', text: 'What it did so far stays done. It is not tried again.' }}
          done="The run is cancelled"
        >
          Cancel
        </Act>
      )}
      {isReplayable && (
        <>
          {can('replayRun') && (
            <Button variant="default" size="xs" leftSection={<Pencil size={14} />} onClick={editing.open}>
              Replay with changes
            </Button>
          )}
          <Act
            call="replayRun"
            input={{ path, body: {} }}
            cli={cli`annex runs replay ${run.id}`}
            icon={<RotateCcw size={14} />}
            variant="filled"
            done="It runs again"
            onDone={open}
          >
            Replay
          </Act>
        </>
      )}
      {isEditing && <ReplayEdited run={run} onClose={editing.close} onStarted={open} />}
    </>
  );
}

function ReplayEdited({
  run,
  onClose,
  onStarted,
}: {
  run: RunDetail;
  onClose: () => void;
  onStarted: (started: { run_id: string }) => void;
}): ReactNode {
  const payload = run.payload as { data?: unknown } | null | undefined;
  const [text, setText] = useState(JSON.stringify(payload ?? {}, null, 2));
  const read = readJson(text);
  const made = useCall('replayRun');
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<strong>Replay with another input</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="stack">
        <JsonField value={text} onChange={setText} label="Input of the new run" />
        {made.error && <Problem error={made.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            loading={made.isPending}
            disabled={'error' in read}
            onClick={() =>
              'value' in read &&
              made.mutate(
                { path: { id: run.id }, body: { payload: read.value as never } },
                {
                  onSuccess(started) {
                    onClose();
                    onStarted(started);
                  },
                },
              )
            }
          >
            Replay
          </Button>
        </Group>
      </div>
    </Modal>
  );
}

function Limits({ run }: { run: RunDetail }): ReactNode {
  const entries = Object.entries(run.limits).filter(([, { max }]) => max > 0);
  if (entries.length === 0) return null;
  return (
    <Section title="Used of what it may">
      <div className={classes.limits}>
        {entries.map(([name, { used, max }]) => {
          const part = Math.min(100, Math.round((used / max) * 10_000) / 100);
          return (
            <div key={name}>
              <span>{words(name).replace(/ (ms|mb|bytes)$/, '')}</span>
              <span className="quiet">
                {amountText(name, used)} of {amountText(name, max)}
              </span>
              <Progress
                value={part}
                size={5}
                aria-label={`${words(name)}: ${Math.round(part)} %`}
                color={part >= 95 ? 'red' : part >= 75 ? 'yellow' : 'annex'}
              />
            </div>
          );
        })}
      </div>
    </Section>
  );
}

function amountText(name: string, amount: number): string {
  if (name.endsWith('_ms')) return lengthOf(amount);
  if (name.endsWith('bytes')) return bytesText(amount);
  if (name.endsWith('_mb')) return bytesText(amount * 2 ** 20);
  return countText(amount);
}

function Family({ run }: { run: RunDetail }): ReactNode {
  const groups: [string, RunMention[]][] = [
    ['Caused by', run.cause ? [run.cause] : []],
    ['Replayed as', run.replays],
  ];
  const hasAny =
    [run.children, ...groups.map(([, runs]) => runs)].some((runs) => runs.length > 0) ||
    run.emitted.length > 0 ||
    run.replay_of !== undefined;
  if (!hasAny) return null;
  return (
    <Section title="Cause and effects">
      <div className="stack">
        {run.replay_of !== undefined && (
          <div>
            <Text size="xs" c="dimmed">
              A replay of
            </Text>
            <Go to={`runs/${run.replay_of}`}>{run.replay_of}</Go>
          </div>
        )}
        {groups.map(
          ([title, runs]) =>
            runs.length > 0 && (
              <div key={title}>
                <Text size="xs" c="dimmed">
                  {title}
                </Text>
                <ul className={classes.tree}>
                  {runs.map(({ id, plugin, name, status }) => (
                    <li key={id}>
                      <Go to={`runs/${id}`}>
                        {plugin ?? 'webhook'} · {name}
                      </Go>
                      <Status of={status} />
                    </li>
                  ))}
                </ul>
              </div>
            ),
        )}
        {run.children.length > 0 && (
          <div>
            <Text size="xs" c="dimmed">
              It caused
            </Text>
            <Branches runs={run.children} label="It caused" />
          </div>
        )}
        {run.emitted.length > 0 && (
          <div>
            <Text size="xs" c="dimmed">
              Emitted
            </Text>
            <ul className={classes.tree}>
              {run.emitted.map(({ id, type }) => (
                <li key={id}>
                  <Go to={`events/${id}`}>{type}</Go>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </Section>
  );
}
