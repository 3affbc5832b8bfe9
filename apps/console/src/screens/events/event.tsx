import type { EventTree, TracedDelivery } from '@annex/client';
import { Button, Group, Modal, MultiSelect, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useParams } from '@tanstack/react-router';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Json, JsonField, readJson } from '../../parts/code';
import { Id } from '../../parts/copy';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Status, Tag, toneOf } from '../../parts/status';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { MappedBy } from '../mappings/mapped-by';
import classes from './events.module.css';
import { whyKeptBack } from './kept-back';

type Alert = NonNullable<EventTree['alert']>;

const underWay = ['queued', 'running', 'retrying'];

/** One event: what it said, whom it reached, what came of that. */
export function EventScreen(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const result = useAnnex(
    'getEvent',
    { path: { id } },
    { every: (event) => (event?.deliveries.some(({ status }) => underWay.includes(status)) ? 1500 : false) },
  );
  return <Loaded result={result}>{(event) => <EventPage event={event} />}</Loaded>;
}

function EventPage({ event }: { event: EventTree }): ReactNode {
  const [isReplaying, replaying] = useDisclosure();
  const { can } = useTenant();
  return (
    <Page
      title={event.type}
      mark={<Tag tone={toneOf(event.severity)}>{event.severity}</Tag>}
      trail={<Go to="events">Events</Go>}
      actions={
        can('replayEvent') && (
          <>
            <Button size="xs" leftSection={<RotateCcw size={14} />} onClick={replaying.open}>
              Replay
            </Button>
            <CopyAs
              call="replayEvent"
              input={{ path: { id: event.id }, body: {} }}
              cli={cli`annex events replay ${event.id}`}
              label="Replay"
            />
          </>
        )
      }
    >
      <Columns>
        <div>
          <Section title="Where it went">
            {event.rejected && (
              <Text size="sm" c="var(--annex-bad)">
                It was rejected and given to nobody: {event.rejected.reason}
              </Text>
            )}
            {event.suppressed_by && (
              <Text size="sm">
                A mapping kept it back. {whyKeptBack[event.suppressed_by.reason]} The rule is{' '}
                <MappedBy rule={event.suppressed_by.rule} />.
              </Text>
            )}
            {event.deliveries.length === 0 && !event.rejected && !event.suppressed_by ? (
              <Empty title="Nobody asks for it">A handler or a webhook names the events it wants.</Empty>
            ) : (
              <Deliveries of={event.deliveries} />
            )}
            {event.tree_truncated && (
              <Text size="sm" c="dimmed">
                There is more: the runs lead on.
              </Text>
            )}
          </Section>
          <Section title="Data">
            <Json value={event.data} label="data" />
          </Section>
        </div>
        <div>
          <Section title="About">
            <Facts
              of={[
                ['Event', <Id key="id">{event.id}</Id>],
                ['When', <When key="at" at={event.time} as="exact" />],
                ['Source', event.source],
                event.raw_type !== undefined && ['Came as', <code key="raw">{event.raw_type}</code>],
                event.mapped_from !== undefined && ['Mapped by', <MappedBy key="rule" rule={event.mapped_from} />],
                event.alert !== undefined && ['Alert', <AlertOf key="alert" alert={event.alert} />],
                event.subject !== null && ['Subject', event.subject],
                event.tags.length > 0 && ['Tags', event.tags.join(', ')],
                ...Object.entries(event.attributes).map(([name, value]) => [name, String(value)] as const),
                event.caused_by !== null && [
                  'Caused by',
                  <Go key="run" to={`runs/${event.caused_by.run_id}`}>
                    {event.caused_by.plugin ?? 'a run'} · {event.caused_by.name ?? event.caused_by.kind}
                  </Go>,
                ],
              ]}
            />
          </Section>
        </div>
      </Columns>
      {isReplaying && <Replay event={event} onClose={replaying.close} />}
    </Page>
  );
}

/** The alert that an event is counted by. */
function AlertOf({ alert: { status, count, first_at: since } }: { alert: Alert }): ReactNode {
  return (
    <>
      <Go to="alerts" search={{ status }}>
        <Status of={status} />
      </Go>
      <div className="quiet">
        event {count}, since <When at={since} />
      </div>
    </>
  );
}

/** Whom an event reached, and what each of them told in turn. */
function Deliveries({ of }: { of: readonly TracedDelivery[] }): ReactNode {
  return (
    <ul className={classes.tree}>
      {of.map(({ run_id: run, plugin, webhook, status, attempts, emitted }) => (
        <li key={run}>
          <div className={classes.node}>
            <Go to={`runs/${run}`}>{plugin ?? webhook ?? 'a webhook'}</Go>
            {webhook !== undefined && plugin !== null && <Tag>{webhook}</Tag>}
            {attempts > 1 && <span className="quiet">{attempts} attempts</span>}
            <Status of={status} />
          </div>
          {emitted?.map((event) => (
            <div key={event.id} className={classes.caused}>
              <Go to={`events/${event.id}`}>
                <code>{event.type}</code>
              </Go>
              <Deliveries of={event.deliveries} />
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Replay({ event, onClose }: { event: EventTree; onClose: () => void }): ReactNode {
  const [text, setText] = useState(JSON.stringify(event.data, null, 2));
  const [plugins, setPlugins] = useState<string[]>([]);
  const read = readJson(text);
  const replay = useCall('replayEvent');
  const isSame = 'value' in read && JSON.stringify(read.value) === JSON.stringify(event.data);
  const known = [...new Set(event.deliveries.flatMap(({ plugin }) => plugin ?? []))];
  return (
    <Modal opened onClose={onClose} size="lg" title={`Replay ${event.type}`}>
      <div className="stack">
        <JsonField value={text} onChange={setText} label="Data" />
        {known.length > 0 && (
          <MultiSelect
            label="Only to"
            placeholder={plugins.length === 0 ? 'Everybody who asks for it' : ''}
            data={known}
            value={plugins}
            onChange={setPlugins}
          />
        )}
        {replay.error && <Problem error={replay.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            disabled={'error' in read}
            loading={replay.isPending}
            onClick={() =>
              replay.mutate(
                {
                  path: { id: event.id },
                  body: {
                    ...(!isSame && 'value' in read && { data: read.value as never }),
                    ...(plugins.length > 0 && { plugins }),
                  },
                },
                {
                  onSuccess({ deliveries }) {
                    notifyDone(`It went to ${deliveries.length} again`);
                    onClose();
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
