import type { HookSource } from '@annex/client';
import { Button, Group, Modal, PasswordInput, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import ArrowDownToLine from 'lucide-react/icons/arrow-down-to-line';
import { useState, type ReactNode } from 'react';
import { useAnnexList, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Id } from '../../parts/copy';
import { Empty } from '../../parts/empty';
import classes from '../../parts/items.module.css';
import { Section, Waiting } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';

const presets: HookSource['preset'][] = [
  'github',
  'gitlab',
  'stripe',
  'shopify',
  'slack',
  'svix',
  'standard-webhooks',
  'meta',
  'microsoft-graph',
  'resend',
  'square',
  'trello',
  'websub',
  'sha256',
  'hmac',
  'token',
  'bearer',
  'basic',
  'none',
];

/** Addresses at which other platforms deliver, and how each proves who it is. */
export function HookSources(): ReactNode {
  const list = useAnnexList('listHookSources', { query: { limit: 100 } });
  const [isMaking, making] = useDisclosure();
  const { can } = useTenant();
  if (list.isLoading) return <Waiting />;
  if (list.error) return <Problem error={list.error} onRetry={list.reload} />;
  const add = can('setHookSource') && (
    <Button size="xs" onClick={making.open}>
      New source
    </Button>
  );
  return (
    <Section
      flush
      {...(list.items.length > 0 && { title: 'Sources' })}
      actions={list.items.length > 0 ? add : undefined}
    >
      {list.items.length === 0 && (
        <Empty icon={<ArrowDownToLine size={22} />} title="Nothing comes in" action={add}>
          A source is an address for one platform, such as GitHub or Stripe. What it sends becomes{' '}
          <code>webhook.received</code>, once its signature is proven.
        </Empty>
      )}
      {list.items.map((source) => (
        <div key={source.source} className={classes.item}>
          <div>
            <div className={classes.name}>
              <strong>{source.source}</strong>
              <Tag tone={source.preset === 'none' ? 'warn' : 'quiet'}>{source.preset}</Tag>
            </div>
            <p>
              <Id what="address">{source.url ?? `${location.origin}${source.path}`}</Id>
            </p>
            <p>
              Last came: <When at={source.last_received_at} none="never" />
            </p>
          </div>
          <Act
            call="deleteHookSource"
            input={{ path: { source: source.source } }}
            done={`${source.source} is gone`}
            confirm={{ title: `Delete ${source.source}?`, text: 'What is sent to its address is refused from now on.' }}
          >
            Delete
          </Act>
        </div>
      ))}
      {isMaking && <NewSource onClose={making.close} />}
    </Section>
  );
}

function NewSource({ onClose }: { onClose: () => void }): ReactNode {
  const [source, setSource] = useState('');
  const [preset, setPreset] = useState<HookSource['preset']>('github');
  const [secret, setSecret] = useState('');
  const change = useCall('setHookSource');
  return (
    <Modal opened onClose={onClose} title="New source">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { path: { source }, body: { preset, ...(secret !== '' && { secret }) } },
            {
              onSuccess() {
                notifyDone(`${source} may deliver`);
                onClose();
              },
            },
          );
        }}
      >
        <TextInput
          label="Name"
          description="Stands in its address"
          value={source}
          data-autofocus
          onChange={(event) => setSource(event.currentTarget.value)}
        />
        <Select
          label="How it proves who it is"
          data={presets}
          value={preset}
          searchable
          onChange={(value) => setPreset((value as HookSource['preset'] | null) ?? 'none')}
        />
        {preset !== 'none' && (
          <PasswordInput
            label="Secret"
            description="The one that you give the platform"
            autoComplete="off"
            value={secret}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        )}
        {change.error && <Problem error={change.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending} disabled={source === ''}>
            Make it
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
