import type { NewToken, Role, Token } from '@annex/client';
import { Button, Checkbox, Group, Modal, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import KeySquare from 'lucide-react/icons/key-square';
import Plus from 'lucide-react/icons/plus';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { roles } from '../../api/session';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Empty } from '../../parts/empty';
import classes from '../../parts/items.module.css';
import { Page, Section, Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { ShownOnce } from '../../parts/shown-once';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';

/** API tokens: one's own, or the tenant's for an admin. */
export function Tokens(): ReactNode {
  const [isMaking, making] = useDisclosure();
  const list = useAnnexList('listTokens', { query: { limit: 100 } });
  const add = (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
      New token
    </Button>
  );
  return (
    <Page
      title="API tokens"
      lead="For programs: what they may do is the token’s role, and never more than yours."
      actions={add}
    >
      <Actors ids={list.items.map(({ user_id: id }) => id)}>
        <Section flush>
          {list.isLoading && <Waiting />}
          {list.error && <Problem error={list.error} onRetry={list.reload} />}
          {!list.isLoading && list.items.length === 0 && (
            <Empty icon={<KeySquare size={22} />} title="No token yet">
              A token goes into <code>Authorization: Bearer annex_…</code>, and into <code>ANNEX_TOKEN</code> of the
              command line.
            </Empty>
          )}
          {list.items.map((token) => (
            <TokenItem key={token.id} token={token} />
          ))}
        </Section>
      </Actors>
      {isMaking && <MakeToken onClose={making.close} />}
    </Page>
  );
}

function TokenItem({ token }: { token: Token }): ReactNode {
  return (
    <div className={classes.item}>
      <div>
        <div className={classes.name}>
          <strong>{token.name}</strong>
          <Tag>{token.role}</Tag>
          {token.operator && <Tag tone="warn">acts in every tenant</Tag>}
        </div>
        <p>
          Of <ActorName id={token.user_id} />, made <When at={token.created_at} />, last used{' '}
          <When at={token.last_used_at} none="never" />, ends <When at={token.expires_at} none="never" />
        </p>
      </div>
      <Act
        call="deleteToken"
        input={{ path: { id: token.id } }}
        cli={cli`annex tokens rm ${token.id}`}
        done={`${token.name} is revoked`}
        confirm={{ title: `Revoke ${token.name}?`, text: 'Programs that use it are refused at once.' }}
      >
        Revoke
      </Act>
    </div>
  );
}

const lives = [
  { value: '86400', label: 'One day' },
  { value: '2592000', label: '30 days' },
  { value: '31536000', label: 'One year' },
  { value: '', label: 'Until it is revoked' },
];

function MakeToken({ onClose }: { onClose: () => void }): ReactNode {
  const { role: own, profile } = useTenant();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(own);
  const [life, setLife] = useState('2592000');
  const [isOperator, setOperator] = useState(false);
  const [made, setMade] = useState<NewToken>();
  const create = useCall('createToken');
  return (
    <Modal opened onClose={onClose} title={made ? `${made.name} is ready` : 'New token'}>
      {made ? (
        <div className="stack">
          <ShownOnce label="Token" text={made.token ?? ''} why="It is kept hashed and not shown again." />
          <Button onClick={onClose}>I have kept it</Button>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const body = {
              name,
              role,
              ...(life !== '' && { expires_in_s: Number(life) }),
              ...(isOperator && { operator: true }),
            };
            create.mutate({ body }, { onSuccess: setMade });
          }}
        >
          <TextInput
            label="Name"
            description="What uses it"
            value={name}
            maxLength={100}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Role"
            data={roles.slice(0, roles.indexOf(own) + 1)}
            value={role}
            allowDeselect={false}
            onChange={(value) => setRole((value as Role | null) ?? own)}
          />
          <Select
            label="It is good for"
            data={lives}
            value={life}
            allowDeselect={false}
            onChange={(value) => setLife(value ?? '')}
          />
          {profile.operator && (
            <Checkbox
              label="Acts in every tenant, as the operator that I am"
              checked={isOperator}
              onChange={(event) => setOperator(event.currentTarget.checked)}
            />
          )}
          {create.error && <Problem error={create.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending} disabled={name === ''}>
              Make it
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
