import type { Alert } from '@annex/client';
import { Button, Group, Modal, NativeSelect, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { Act } from '../../parts/act';

const lengths = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '14400', label: '4 hours' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
];

/** Keeps an alert's events back for a chosen time. */
export function Silence({ alert, onClose }: { alert: Alert; onClose: () => void }): ReactNode {
  const [seconds, setSeconds] = useState('3600');
  return (
    <Modal opened onClose={onClose} title={`Silence ${alert.key}`}>
      <div className="stack">
        <Text size="sm">
          Its events are kept and given to nobody, also when it ends and begins anew meanwhile. Its end is told all the
          same.
        </Text>
        <NativeSelect
          label="For how long"
          data={lengths}
          value={seconds}
          onChange={(event) => setSeconds(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="silenceAlert"
            input={{ path: { id: alert.id }, body: { for_s: Number(seconds) } }}
            cli={cli`annex alerts silence ${alert.id} --for ${`${seconds}s`}`}
            variant="filled"
            size="sm"
            done={`${alert.key} is silenced`}
            onDone={onClose}
          >
            Silence it
          </Act>
        </Group>
      </div>
    </Modal>
  );
}
