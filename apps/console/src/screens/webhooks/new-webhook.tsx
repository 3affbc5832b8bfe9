import type { Webhook } from '@annex/client';
import { Button, Group, Modal, TagsInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { notifyDone, Problem } from '../../parts/problem';
import { ShownOnce } from '../../parts/shown-once';
import { useAt } from '../../shell/go';

/** Makes a webhook; its secret is shown once. */
export function NewWebhook({ onClose }: { onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('https://');
  const [events, setEvents] = useState<string[]>([]);
  const [made, setMade] = useState<Webhook & { secret?: string }>();
  const create = useCall('createWebhook');
  const navigate = useNavigate();
  const at = useAt();
  const body = { name, url, events };
  const leave = (): void => {
    onClose();
    if (made) void navigate({ to: at(`endpoints/${made.id}`) });
  };
  return (
    <Modal opened onClose={leave} title={made ? `${made.name} is ready` : 'New webhook'}>
      {made ? (
        <div className="stack">
          <ShownOnce
            label="Signing secret"
            text={made.secret ?? ''}
            why="The receiver checks signatures with it. It is kept encrypted and not shown again; you can rotate it."
          />
          <Button onClick={leave}>I have kept it</Button>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate(
              { body },
              {
                onSuccess(webhook) {
                  notifyDone(`${webhook.name} gets events from now on`);
                  setMade(webhook);
                },
              },
            );
          }}
        >
          <TextInput
            label="Name"
            value={name}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput label="URL" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
          <TagsInput
            label="Events"
            description="Names, or patterns such as order.*; ** for all"
            value={events}
            onChange={setEvents}
          />
          {create.error && <Problem error={create.error} />}
          <Group justify="flex-end" gap="xs">
            <CopyAs call="createWebhook" input={{ body }} label="New webhook" size="sm" />
            <Button type="submit" loading={create.isPending} disabled={name === '' || events.length === 0}>
              Make it
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
