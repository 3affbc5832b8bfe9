import type { NoticeRule } from '@annex/client';
import { Button, Checkbox, Group, Modal, NativeSelect, TagsInput, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { notifyDone, Problem } from '../../parts/problem';
import { ShownOnce } from '../../parts/shown-once';
import { kinds } from './told';

type Kind = NoticeRule['kinds'][number];
type Channel = NoticeRule['channel'];
const all = Object.keys(kinds) as Kind[];

const channels = [
  { value: 'mail', label: 'Mail' },
  { value: 'slack', label: 'Slack' },
  { value: 'webhook', label: 'Webhook' },
];

/** Makes a rule; what its webhook is signed with is shown once. */
export function RuleForm({ onClose }: { onClose: () => void }): ReactNode {
  const [secret, setSecret] = useState<string>();
  return (
    <Modal opened onClose={onClose} title={secret === undefined ? 'New rule' : 'The rule is ready'}>
      {secret === undefined ? (
        <Fields onMade={(made) => (made === undefined ? onClose() : setSecret(made))} />
      ) : (
        <div className="stack">
          <ShownOnce
            label="Signing secret"
            text={secret}
            why="The receiver checks signatures with it. It is kept encrypted and not shown again."
          />
          <Button onClick={onClose}>I have kept it</Button>
        </div>
      )}
    </Modal>
  );
}

function Fields({ onMade }: { onMade: (secret: string | undefined) => void }): ReactNode {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>(all);
  const [channel, setChannel] = useState<Channel>('mail');
  const [to, setTo] = useState<string[]>([]);
  const [url, setUrl] = useState('https://');
  const set = useCall('setNoticeRule');
  const isMail = channel === 'mail';
  const input = { path: { name }, body: { kinds: chosen as Kind[], channel, ...(isMail ? { to } : { url }) } };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        set.mutate(input, {
          onSuccess(rule) {
            notifyDone(`${rule.name} tells people from now on`);
            onMade(rule.secret);
          },
        });
      }}
    >
      <TextInput
        label="Name"
        description="Small letters, digits, _ and -"
        value={name}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <Checkbox.Group label="What it tells of" value={chosen} onChange={setChosen}>
        <div className="stack">
          {all.map((kind) => (
            <Checkbox key={kind} value={kind} label={kinds[kind]} />
          ))}
        </div>
      </Checkbox.Group>
      <NativeSelect
        label="Where"
        data={channels}
        value={channel}
        onChange={(event) => setChannel(event.currentTarget.value as Channel)}
      />
      {isMail ? (
        <TagsInput label="Addresses" description="At most ten" value={to} onChange={setTo} />
      ) : (
        <TextInput label="URL" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
      )}
      {set.error && <Problem error={set.error} />}
      <Group justify="flex-end" gap="xs">
        <CopyAs
          call="setNoticeRule"
          input={input}
          cli={cli`annex notices put ${name} ${JSON.stringify(input.body)}`}
          label="Make it"
          size="sm"
        />
        <Button type="submit" loading={set.isPending} disabled={name === '' || chosen.length === 0}>
          Make it
        </Button>
      </Group>
    </form>
  );
}
