import type { Agent } from '@annex/client';
import { Button, Group, Modal, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { Act } from '../../parts/act';
import { JsonField, readJson } from '../../parts/code';
import { useAt } from '../../shell/go';

/** Asks an agent something by hand. */
export function AskNow({ agent: { id, name }, onClose }: { agent: Agent; onClose: () => void }): ReactNode {
  const [text, setText] = useState('{}');
  const navigate = useNavigate();
  const at = useAt();
  const read = readJson(text);
  const data = 'value' in read ? read.value : undefined;
  return (
    <Modal opened onClose={onClose} size="lg" title={`Ask ${name} now`}>
      <div className="stack">
        <Text size="sm">What stands in the place of an event’s data.</Text>
        <JsonField value={text} onChange={setText} label="Data" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="testAgent"
            input={{ path: { id }, body: data === undefined ? {} : { data } }}
            cli={cli`annex agents ask ${name} ${text}`}
            variant="filled"
            size="sm"
            disabled={'error' in read}
            done={`${name} is asked`}
            onDone={({ id: question }) => void navigate({ to: at(`questions/${question}`) })}
          >
            Ask
          </Act>
        </Group>
      </div>
    </Modal>
  );
}
