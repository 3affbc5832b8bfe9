import type { TestedEvent } from '@annex/client';
import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useCall } from '../../api/queries';
import { Act } from '../../parts/act';
import { JsonField, readJson } from '../../parts/code';
import { Problem } from '../../parts/problem';
import { Status } from '../../parts/status';
import { Go, useAt } from '../../shell/go';

/** Sends an event: for good, or to see at once what becomes of it. */
export function SendEvent({ onClose }: { onClose: () => void }): ReactNode {
  const [type, setType] = useState('');
  const [text, setText] = useState('{}');
  const test = useCall('testEvent');
  const navigate = useNavigate();
  const at = useAt();
  const read = readJson(text);
  const data = ('value' in read ? read.value : undefined) as never;
  const isReady = type !== '' && !('error' in read);
  return (
    <Modal opened onClose={onClose} size="lg" title="Send an event">
      <div className="stack">
        <TextInput
          label="Name"
          placeholder="order.paid"
          value={type}
          onChange={(event) => setType(event.currentTarget.value.trim())}
          data-autofocus
        />
        <JsonField value={text} onChange={setText} label="Data" />
        {test.error && <Problem error={test.error} />}
        {test.data && <Outcome of={test.data} />}
        <Group justify="flex-end">
          <Button
            variant="default"
            disabled={!isReady}
            loading={test.isPending}
            onClick={() => test.mutate({ body: { event_type: type, event_data: data } })}
          >
            Send and wait
          </Button>
          <Act
            call="sendEvent"
            input={{ body: { type, data } }}
            cli={cli`annex events send ${type} ${text}`}
            variant="filled"
            size="sm"
            disabled={!isReady}
            onDone={({ event_id: id }) => void navigate({ to: at(`events/${id}`) })}
          >
            Send
          </Act>
        </Group>
      </div>
    </Modal>
  );
}

function Outcome({ of: { event_id: id, deliveries } }: { of: TestedEvent }): ReactNode {
  return (
    <div>
      <Text size="sm">
        <Go to={`events/${id}`}>The event</Go> went to {deliveries.length === 0 ? 'nobody: no handler asks for it' : ''}
      </Text>
      {deliveries.map(({ plugin, run_id: run, status, error }) => (
        <div key={run} className="line" style={{ justifyContent: 'space-between' }}>
          <Go to={`runs/${run}`}>{plugin ?? 'a webhook'}</Go>
          <span className="quiet">{error?.message}</span>
          <Status of={status} />
        </div>
      ))}
    </div>
  );
}
