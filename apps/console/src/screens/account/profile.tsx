import type { Session } from '@annex/client';
import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { profileQuery } from '../../api/session';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Columns, Facts, Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAnnexList } from '../../api/queries';
import item from '../../parts/items.module.css';

/** One's own account: name, password, and where one is signed in. */
export function Profile(): ReactNode {
  const { profile } = useTenant();
  return (
    <Page title="Profile and sessions">
      <Columns>
        <div>
          <Sessions />
        </div>
        <div>
          <Section title="You">
            <Facts
              of={[
                ['Address', profile.email],
                ['Signed in with', profile.signed_in_with.replace('_', ' ')],
                ['Until', <When key="at" at={profile.expires_at} as="exact" none="you sign out" />],
                [
                  'Tenants',
                  <span key="tenants" className="line">
                    {profile.operator && <Tag tone="busy">platform operator</Tag>}
                    {profile.tenants.map(({ slug, name, role }) => (
                      <Tag key={slug}>
                        {name}: {role}
                      </Tag>
                    ))}
                  </span>,
                ],
              ]}
            />
          </Section>
          <Name />
          {profile.has_password && <Password />}
        </div>
      </Columns>
    </Page>
  );
}

function Name(): ReactNode {
  const { annex, profile } = useTenant();
  const client = useQueryClient();
  const [name, setName] = useState(profile.name ?? '');
  const change = useMutation({
    mutationFn: () => annex.updateProfile({ body: { name: name.trim() === '' ? null : name.trim() } }),
    onSuccess(changed) {
      client.setQueryData(profileQuery.queryKey, changed);
      notifyDone('Your name is saved');
    },
  });
  return (
    <Section title="Name">
      <Form onSubmit={() => change.mutate()}>
        <TextInput
          label="What you are called, in all of your tenants"
          value={name}
          maxLength={100}
          autoComplete="name"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {change.error && <Problem error={change.error} />}
        <Button type="submit" variant="default" w="fit-content" loading={change.isPending}>
          Save
        </Button>
      </Form>
    </Section>
  );
}

function Password(): ReactNode {
  const { annex } = useTenant();
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [endTokens, setEndTokens] = useState(false);
  const change = useMutation({
    mutationFn: () =>
      annex.changePassword({ body: { current_password: current, new_password: next, end_tokens: endTokens } }),
    onSuccess() {
      setCurrent('');
      setNext('');
      void client.invalidateQueries();
      notifyDone('Your password is changed, and every other session has ended');
    },
  });
  const { data: profile } = useQuery(profileQuery);
  return (
    <Section title="Password">
      <Form onSubmit={() => change.mutate()}>
        <input type="hidden" autoComplete="username" value={profile?.email ?? ''} readOnly />
        <PasswordInput
          label="The present one"
          autoComplete="current-password"
          value={current}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the present password' }}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="A new one, at least 8 characters"
          autoComplete="new-password"
          value={next}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Checkbox
          label="End my API tokens too"
          checked={endTokens}
          onChange={(event) => setEndTokens(event.currentTarget.checked)}
        />
        {change.error && <Problem error={change.error} />}
        <Button
          type="submit"
          variant="default"
          w="fit-content"
          loading={change.isPending}
          disabled={current === '' || next.length < 8}
        >
          Change it
        </Button>
      </Form>
    </Section>
  );
}

function Form({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }): ReactNode {
  return (
    <form
      className="stack"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

function Sessions(): ReactNode {
  const list = useAnnexList('listSessions', { query: {} });
  return (
    <Section
      title="Where you are signed in"
      flush
      actions={
        list.items.length > 1 && (
          <Act
            call="endOtherSessions"
            input={{}}
            done={({ ended }) => `${ended} ended`}
            confirm={{ title: 'End all other sessions?', text: 'Whoever uses them has to sign in again.' }}
          >
            End all others
          </Act>
        )
      }
    >
      {list.error && <Problem error={list.error} onRetry={list.reload} />}
      {list.items.length === 0 && !list.isLoading && <Empty title="You have no session with a password" />}
      {list.items.map((session) => (
        <SessionItem key={session.id} session={session} />
      ))}
    </Section>
  );
}

function SessionItem({ session }: { session: Session }): ReactNode {
  return (
    <div className={item.item}>
      <div>
        <div className={item.name}>
          <strong>{browserOf(session.user_agent)}</strong>
          {session.current && <Status of="this one" tone="good" />}
        </div>
        <p>
          From {session.address}, <When at={session.created_at} />. It ends <When at={session.expires_at} />.
        </p>
      </div>
      {!session.current && (
        <Act
          call="endSession"
          input={{ path: { id: session.id } }}
          done="The session has ended"
          confirm={{ title: 'End this session?', text: 'Whoever uses it has to sign in again.' }}
        >
          End
        </Act>
      )}
    </div>
  );
}

/** What a browser or program calls itself, in few words. */
function browserOf(agent: string | null): string {
  if (agent === null) return 'A program';
  const [, name] = /(Firefox|Edg|Chrome|Safari|curl|node|annex)/i.exec(agent) ?? [];
  const [, system] = /(Windows|Macintosh|Android|iPhone|iPad|Linux)/.exec(agent) ?? [];
  const shown = name === 'Edg' ? 'Edge' : (name ?? agent.slice(0, 40));
  return system ? `${shown} on ${system}` : shown;
}
