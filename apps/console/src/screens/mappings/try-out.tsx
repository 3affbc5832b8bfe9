import type { TriedMappings } from '@annex/client';
import { Button, Group, NumberInput, SegmentedControl, Text, TextInput } from '@mantine/core';
import FlaskConical from 'lucide-react/icons/flask-conical';
import { useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { JsonEditor, readJson } from '../../parts/code';
import items from '../../parts/items.module.css';
import { Section } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { Status, Tag, toneOf } from '../../parts/status';
import { keptBack } from '../events/kept-back';
import { Faults } from '../plugins/faults';
import type { ReadText } from './document-text';
import classes from './mappings.module.css';

const sample = JSON.stringify(
  [
    { type: 'pod-restart', subject: 'web-1', data: { count: 1 } },
    { type: 'pod-restart', subject: 'web-1', data: { count: 2 } },
  ],
  null,
  2,
);

/** Shows what would become of events by a mapping that need not be in force. */
export function TryOut({
  name,
  read,
  onRefused,
}: {
  /** Whose place it takes; empty: it stands beside all. */
  name: string;
  read: ReadText;
  /** Told why the trial was refused, and `null` when it was not. */
  onRefused?: (error: Error | null) => void;
}): ReactNode {
  const [from, setFrom] = useState<'recent' | 'given'>('recent');
  const [recent, setRecent] = useState(20);
  const [type, setType] = useState('');
  const [text, setText] = useState(sample);
  const test = useCall('testMappings');
  const given = readJson(text);
  const events = 'value' in given && Array.isArray(given.value) ? (given.value as unknown[]) : undefined;
  const isReady = read.faults.length === 0 && (from === 'recent' || events !== undefined);
  const body = {
    mapping: read.value,
    ...(name !== '' && { name }),
    ...(from === 'given' ? { events: events ?? [] } : { recent, ...(type !== '' && { type }) }),
  };
  return (
    <Section
      title="Try it out"
      lead="Nothing is written, and nothing is remembered from before."
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Events to try"
          data={[
            { value: 'recent', label: 'Latest events' },
            { value: 'given', label: 'Events of your own' },
          ]}
          value={from}
          onChange={(value) => setFrom(value as 'recent' | 'given')}
        />
      }
    >
      <div className="stack">
        {from === 'recent' ? (
          <Group align="end" gap="sm">
            <NumberInput
              label="How many"
              w={120}
              min={1}
              max={100}
              value={recent}
              onChange={(value) => setRecent(Number(value) || 20)}
            />
            <TextInput
              label="Only of this type"
              placeholder="any"
              value={type}
              onChange={(event) => setType(event.currentTarget.value.trim())}
            />
          </Group>
        ) : (
          <>
            <JsonEditor value={text} onChange={setText} label="Events" />
            {events === undefined && (
              <Text size="sm" c="var(--annex-bad)">
                {'error' in given ? given.error : 'Write a list of events: [{ "type": … }]'}
              </Text>
            )}
          </>
        )}
        {test.error && <Problem error={test.error} />}
        {test.data && <Outcome of={test.data} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs call="testMappings" input={{ body }} label="Try it" size="sm" />
          <Button
            variant="default"
            leftSection={<FlaskConical size={14} />}
            disabled={!isReady}
            loading={test.isPending}
            onClick={() =>
              test.mutate({ body }, { onError: (error) => onRefused?.(error), onSuccess: () => onRefused?.(null) })
            }
          >
            Try it
          </Button>
        </Group>
      </div>
    </Section>
  );
}

function Outcome({ of: { events, warnings } }: { of: TriedMappings }): ReactNode {
  return (
    <div role="region" aria-label="What would become of them">
      {warnings.length > 0 && <Faults of={warnings} tone="warn" />}
      {events.length === 0 && <p className="quiet">There is no such event yet. Try events of your own.</p>}
      {events.map((event) => (
        <Tried key={event.event_id} event={event} />
      ))}
    </div>
  );
}

function Tried({ event }: { event: TriedMappings['events'][number] }): ReactNode {
  const { raw_type: raw, type, severity, subject, tags, mapped_from: rule, alert, suppressed_by: by, makes } = event;
  return (
    <div className={items.item}>
      <div>
        <div className={items.name}>
          {raw !== null && (
            <span>
              <code>{raw}</code> →
            </span>
          )}
          <code>{type}</code>
          <Tag tone={toneOf(severity)}>{severity}</Tag>
          {tags.map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
        </div>
        <p>
          {rule === null ? 'No rule takes it' : <code>{rule}</code>}
          {subject !== null && `, subject ${subject}`}
          {alert && `, ${alert.status}: event ${alert.count} of its alert`}
        </p>
        {makes.length > 0 && (
          <ul className={classes.makes}>
            {makes.map((made) => (
              <li key={`${made.mapped_from} ${made.type} ${made.subject ?? ''}`}>
                makes <code>{made.type}</code> by <code>{made.mapped_from}</code>
              </li>
            ))}
          </ul>
        )}
      </div>
      {by ? (
        <Status of="suppressed" tone="warn" label={`kept back: ${keptBack[by.reason]}`} />
      ) : (
        <Status of="passes" tone="good" label="goes through" />
      )}
    </div>
  );
}
