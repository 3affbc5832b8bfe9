import type { Source } from '@annex/client';
import { Button, Group, Modal, NativeSelect, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { JsonField, readJson } from '../../parts/code';
import { notifyDone, Problem } from '../../parts/problem';
import { useAt } from '../../shell/go';

type OwnType = 'postgres' | 'mqtt' | 'kubernetes' | 'kafka' | 'alertmanager';

/** What each type is set with, and a first draft of it. */
interface TypeForm {
  /** The member of the body that it is set with. */
  field: 'with' | 'auth';
  label: string;
  hint: string;
  draft: object;
  events: string[];
}

const types: Readonly<Record<OwnType, TypeForm>> = {
  postgres: {
    field: 'with',
    label: 'Connection',
    hint:
      'The address stands in a secret of the tenant, never here. The database needs the publication, and a user with ' +
      'REPLICATION.',
    draft: { url: '${SECRET:PG_URL}', publication: 'annex', slot: 'annex' },
    events: ['pg.*'],
  },
  mqtt: {
    field: 'with',
    label: 'Connection',
    hint: 'User name and password of the broker; the password stands in a secret of the tenant.',
    draft: {
      url: 'mqtts://broker.example.com:8883',
      topics: ['plant/#'],
      username: 'annex',
      password: '${SECRET:MQTT_PASSWORD}',
    },
    events: ['mqtt.*'],
  },
  kubernetes: {
    field: 'with',
    label: 'Connection',
    hint:
      'The token of a service account that may list and watch pods and events, in a secret of the tenant; or a whole ' +
      'kubeconfig in one.',
    draft: { kubeconfig: '${SECRET:KUBECONFIG}' },
    events: ['pod.*', 'probe.*'],
  },
  kafka: {
    field: 'with',
    label: 'Connection',
    hint: 'User name and password of the brokers; the password stands in a secret of the tenant.',
    draft: {
      brokers: ['kafka.example.com:9093'],
      topics: ['orders'],
      tls: true,
      mechanism: 'SCRAM-SHA-512',
      username: 'annex',
      password: '${SECRET:KAFKA_PASSWORD}',
    },
    events: ['kafka.*'],
  },
  alertmanager: {
    field: 'auth',
    label: 'Who may send',
    hint: 'Names a secret of the tenant, which the Alertmanager sends as its bearer token.',
    draft: { token: { secret: 'ALERT_TOKEN', scheme: 'bearer' } },
    events: ['alert.*'],
  },
};

const typeChoices = [
  { value: 'postgres', label: 'PostgreSQL: changes of a database' },
  { value: 'mqtt', label: 'MQTT: messages of a broker' },
  { value: 'kubernetes', label: 'Kubernetes: what happens in a cluster' },
  { value: 'kafka', label: 'Kafka: messages of topics' },
  { value: 'alertmanager', label: 'Alertmanager: alerts that it sends' },
];

const draftOf = (value: unknown): string => JSON.stringify(value, null, 2);

function ownTypeOf(source: Source | undefined): OwnType {
  return source && Object.hasOwn(types, source.type) ? (source.type as OwnType) : 'postgres';
}

/** Makes a source of the tenant's own, or changes one. */
export function SourceForm({ source, onClose }: { source?: Source; onClose: () => void }): ReactNode {
  const [name, setName] = useState(source?.name ?? '');
  const [type, setType] = useState<OwnType>(ownTypeOf(source));
  const [events, setEvents] = useState(source?.events ?? types.postgres.events);
  const [required, setRequired] = useState(source?.require ?? []);
  const [isOn, setOn] = useState(source?.enabled ?? true);
  const [text, setText] = useState(() =>
    draftOf(source && types[type].field === 'with' ? source.with : types[type].draft),
  );
  const change = useCall('setSource');
  const navigate = useNavigate();
  const at = useAt();
  const { field, label, hint } = types[type];
  const read = readJson(text);
  const value = 'value' in read ? read.value : undefined;
  const body = {
    type,
    events,
    require: required,
    enabled: isOn,
    ...(value !== undefined && { [field]: value }),
  } as never;
  const input = { path: { name }, body };
  return (
    <Modal opened onClose={onClose} size="lg" title={source ? `Change ${source.name}` : 'New source'}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(input, {
            onSuccess(made) {
              notifyDone(`${made.name} is set`);
              onClose();
              if (!source) void navigate({ to: at(`sources/${encodeURIComponent(made.name)}`) });
            },
          });
        }}
      >
        {!source && (
          <>
            <TextInput
              label="Name"
              description="Small letters, digits, _ and -"
              value={name}
              data-autofocus
              onChange={(event) => setName(event.currentTarget.value.trim())}
            />
            <NativeSelect
              label="Type"
              data={typeChoices}
              value={type}
              onChange={(event) => {
                const chosen = event.currentTarget.value as OwnType;
                setType(chosen);
                setEvents(types[chosen].events);
                setText(draftOf(types[chosen].draft));
              }}
            />
          </>
        )}
        <TagsInput
          label="Events that it may emit"
          description="Names, or patterns with * and **"
          value={events}
          onChange={setEvents}
        />
        <TagsInput
          label="Paths that no event may lack"
          description="Such as subject or data.key. An event that lacks one is kept and given to nobody"
          value={required}
          onChange={setRequired}
        />
        <div>
          <Text size="sm" fw={500}>
            {label}
          </Text>
          <Text size="xs" c="dimmed" mb={4}>
            {hint}
            {source?.type === 'alertmanager' && ' Annex does not show what is set: say it again.'}
          </Text>
          <JsonField value={text} onChange={setText} label={label} />
        </div>
        <Switch label="Takes events" checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
        {change.error && <Problem error={change.error} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs call="setSource" input={input} label={source ? 'Save' : 'Make it'} size="sm" />
          <Button
            type="submit"
            loading={change.isPending}
            disabled={name === '' || 'error' in read || events.length === 0}
          >
            {source ? 'Save' : 'Make it'}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
