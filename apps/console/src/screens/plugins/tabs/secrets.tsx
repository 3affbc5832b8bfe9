import type { DeclaredSecret, Secret } from '@annex/client';
import { Button, Group, Modal, PasswordInput, TagsInput } from '@mantine/core';
import KeyRound from 'lucide-react/icons/key-round';
import { useState, type ReactNode } from 'react';
import { cli } from '../../../api/commands';
import { useAnnexList, useCall } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { Empty } from '../../../parts/empty';
import { Section, Waiting } from '../../../parts/page';
import { notifyDone, Problem } from '../../../parts/problem';
import { Status, Tag } from '../../../parts/status';
import { When } from '../../../parts/when';
import classes from '../../../parts/items.module.css';
import type { TabProps } from '../plugin';

/** The secrets of a plugin: which it needs, which are set. Values go in and never come out. */
export default function SecretsTab({ plugin }: TabProps): ReactNode {
  const path = { id: plugin.slug };
  const declared = useAnnexList('listDeclaredSecrets', { path, query: {} });
  const { can } = useTenant();
  const set = useAnnexList('listPluginSecrets', { path, query: {} }, { enabled: can('listPluginSecrets') });
  if (declared.isLoading) return <Waiting />;
  if (declared.error) return <Problem error={declared.error} onRetry={declared.reload} />;
  return (
    <Section flush>
      {declared.items.length === 0 && (
        <Empty icon={<KeyRound size={22} />} title="It uses no secrets">
          A plugin names the secrets it reads in plugin.json under <code>secrets</code>.
        </Empty>
      )}
      {declared.items.map((secret) => (
        <SecretItem
          key={secret.name}
          slug={plugin.slug}
          declared={secret}
          own={set.items.find(({ name }) => name === secret.name)}
        />
      ))}
    </Section>
  );
}

function SecretItem({
  slug,
  declared,
  own,
}: {
  slug: string;
  declared: DeclaredSecret;
  own: Secret | undefined;
}): ReactNode {
  const [isAsked, setAsked] = useState(false);
  const { can } = useTenant();
  const { name, set_by: setBy, required, description, last_used_at: usedAt } = declared;
  const state = setBy === null ? (required ? 'missing' : 'not set') : setBy === 'plugin' ? 'set' : 'set for the tenant';
  return (
    <div className={classes.item}>
      <div>
        <div className={classes.name}>
          <strong className="mono">{name}</strong>
          <Status of={state} tone={setBy !== null ? 'good' : required ? 'bad' : 'quiet'} />
          {!required && <Tag>optional</Tag>}
        </div>
        <p>
          {description ?? 'The author says nothing of it.'} Last used: <When at={usedAt} none="never" />
          {own && (
            <>
              . Version {own.version}, changed <When at={own.updated_at} />
              {own.allowed_hosts.length > 0 && `, sent to ${own.allowed_hosts.join(', ')} only`}
            </>
          )}
        </p>
      </div>
      <div className={classes.actions}>
        {own && (
          <Act
            call="deletePluginSecret"
            input={{ path: { id: slug, name } }}
            cli={cli`annex secrets rm ${slug} ${name}`}
            done={`${name} is gone`}
            confirm={{
              title: `Delete ${name}?`,
              text: 'The value cannot be had back. What needs it fails until it is set again.',
            }}
          >
            Delete
          </Act>
        )}
        {can('setPluginSecret') && (
          <Button size="xs" variant={setBy === null ? 'filled' : 'default'} onClick={() => setAsked(true)}>
            {own ? 'Rotate' : 'Set'}
          </Button>
        )}
      </div>
      {isAsked && (
        <SetSecret slug={slug} name={name} hosts={own?.allowed_hosts ?? []} onClose={() => setAsked(false)} />
      )}
    </div>
  );
}

function SetSecret({
  slug,
  name,
  hosts: before,
  onClose,
}: {
  slug: string;
  name: string;
  hosts: string[];
  onClose: () => void;
}): ReactNode {
  const [value, setValue] = useState('');
  const [hosts, setHosts] = useState(before);
  const change = useCall('setPluginSecret');
  return (
    <Modal opened onClose={onClose} title={name}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { path: { id: slug, name }, body: { value, ...(hosts.length > 0 && { allowed_hosts: hosts }) } },
            {
              onSuccess() {
                notifyDone(`${name} is set`);
                onClose();
              },
            },
          );
        }}
      >
        <PasswordInput
          label="Value"
          description="It is kept encrypted and never shown again."
          autoComplete="off"
          required
          withAsterisk={false}
          data-autofocus
          value={value}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the value' }}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <TagsInput
          label="Hosts that may get it"
          description="Where ctx.http may send it by secrets.ref(). None: those of the plugin’s http.allow."
          value={hosts}
          onChange={setHosts}
          placeholder="api.example.com"
        />
        {change.error && <Problem error={change.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending} disabled={value === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
