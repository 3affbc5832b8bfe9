import type { Secret } from '@annex/client';
import { Button, Group, Modal, PasswordInput, TagsInput, TextInput } from '@mantine/core';
import KeyRound from 'lucide-react/icons/key-round';
import Plus from 'lucide-react/icons/plus';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Empty } from '../../parts/empty';
import classes from '../../parts/items.module.css';
import { Page, Section, Waiting } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { When } from '../../parts/when';

/** Secrets of the tenant: a plugin reads one only if its manifest names it. */
export function Secrets(): ReactNode {
  const { can } = useTenant();
  const [edited, setEdited] = useState<Secret | 'new'>();
  const list = useAnnexList('listSecrets', { query: {} });
  return (
    <Page
      title="Secrets"
      lead="For plugins whose manifest names them. A plugin’s own of the same name wins. Values are never shown."
      actions={
        can('setSecret') && (
          <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setEdited('new')}>
            New secret
          </Button>
        )
      }
    >
      <Actors ids={list.items.map(({ updated_by: by }) => by)}>
        <Section flush>
          {list.isLoading && <Waiting />}
          {list.error && <Problem error={list.error} onRetry={list.reload} />}
          {!list.isLoading && list.items.length === 0 && (
            <Empty icon={<KeyRound size={22} />} title="The tenant shares no secret">
              Set one here when several plugins need it. What one plugin alone needs stands on its own page.
            </Empty>
          )}
          {list.items.map((secret) => (
            <div key={secret.name} className={classes.item}>
              <div>
                <strong className="mono">{secret.name}</strong>
                <p>
                  Version {secret.version}, changed <When at={secret.updated_at} /> by{' '}
                  <ActorName id={secret.updated_by} />
                  {secret.allowed_hosts.length > 0 && `, sent to ${secret.allowed_hosts.join(', ')} only`}
                </p>
              </div>
              <div className={classes.actions}>
                <Act
                  call="deleteSecret"
                  input={{ path: { name: secret.name } }}
                  cli={cli`annex secrets rm --shared ${secret.name}`}
                  done={`${secret.name} is gone`}
                  confirm={{
                    title: `Delete ${secret.name}?`,
                    text: 'The value cannot be had back. Plugins that need it fail until it is set again.',
                  }}
                >
                  Delete
                </Act>
                {can('setSecret') && (
                  <Button size="xs" variant="default" onClick={() => setEdited(secret)}>
                    Rotate
                  </Button>
                )}
              </div>
            </div>
          ))}
        </Section>
      </Actors>
      {edited !== undefined && <SetSecret secret={edited} onClose={() => setEdited(undefined)} />}
    </Page>
  );
}

function SetSecret({ secret, onClose }: { secret: Secret | 'new'; onClose: () => void }): ReactNode {
  const [name, setName] = useState(secret === 'new' ? '' : secret.name);
  const [value, setValue] = useState('');
  const [hosts, setHosts] = useState(secret === 'new' ? [] : secret.allowed_hosts);
  const change = useCall('setSecret');
  return (
    <Modal opened onClose={onClose} title={secret === 'new' ? 'New secret' : secret.name}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { path: { name }, body: { value, ...(hosts.length > 0 && { allowed_hosts: hosts }) } },
            {
              onSuccess() {
                notifyDone(`${name} is set`);
                onClose();
              },
            },
          );
        }}
      >
        {secret === 'new' && (
          <TextInput
            label="Name"
            placeholder="API_KEY"
            value={name}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="Value"
          autoComplete="off"
          value={value}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the value' }}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <TagsInput label="Hosts that may get it" value={hosts} onChange={setHosts} placeholder="api.example.com" />
        {change.error && <Problem error={change.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending} disabled={name === '' || value === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
