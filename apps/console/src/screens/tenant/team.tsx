import type { Invitation, User } from '@annex/client';
import { Button, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import UserPlus from 'lucide-react/icons/user-plus';
import type { ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { roles } from '../../api/session';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import classes from '../../parts/items.module.css';
import { Page, Section, Waiting } from '../../parts/page';
import { notifyDone, notifyProblem, Problem } from '../../parts/problem';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Invite } from './invite';

/** Who belongs to the tenant, and who is asked in. */
export function Team(): ReactNode {
  const { can } = useTenant();
  const [isInviting, inviting] = useDisclosure();
  const users = useAnnexList('listUsers', { query: { limit: 200 } });
  return (
    <Page
      title="Team"
      lead="Each role may do what the ones before it may: viewer, member, developer, admin, owner."
      actions={
        can('createInvitation') && (
          <Button size="xs" leftSection={<UserPlus size={14} />} onClick={inviting.open}>
            Invite somebody
          </Button>
        )
      }
    >
      {can('listInvitations') && <Invitations />}
      <Section title="Members" flush>
        {users.isLoading && <Waiting />}
        {users.error && <Problem error={users.error} onRetry={users.reload} />}
        {users.items.map((user) => (
          <Member key={user.id} user={user} />
        ))}
      </Section>
      {isInviting && <Invite onClose={inviting.close} />}
    </Page>
  );
}

function Member({ user }: { user: User }): ReactNode {
  const { can, role: own, profile } = useTenant();
  const change = useCall('updateUser');
  const shown = user.name ?? user.email;
  const isSelf = user.email === profile.email;
  // Nobody gives what they do not have; the server has the last word.
  const given = roles.slice(0, roles.indexOf(own) + 1);
  const mayChange = can('createUser') && given.includes(user.role) && !isSelf;
  return (
    <div className={classes.item}>
      <div>
        <div className={classes.name}>
          <strong>{shown}</strong>
          {isSelf && <Tag tone="busy">you</Tag>}
          {!user.has_password && <Tag>identity provider</Tag>}
        </div>
        <p>
          {user.name !== null && `${user.email}, `}since <When at={user.created_at} />
        </p>
      </div>
      <div className={classes.actions}>
        {mayChange ? (
          <Select
            size="xs"
            w={130}
            aria-label={`Role of ${shown}`}
            data={given}
            value={user.role}
            allowDeselect={false}
            onChange={(role) =>
              role &&
              change
                .mutateAsync({ path: { id: user.id }, body: { role: role as User['role'] } })
                .then(() => notifyDone(`${shown} is ${role} now`), notifyProblem)
            }
          />
        ) : (
          <Tag>{user.role}</Tag>
        )}
        {mayChange && (
          <>
            <Act
              call="endUserSessions"
              input={{ path: { id: user.id } }}
              done={`${shown} has to sign in again`}
              confirm={{ title: `End all sessions of ${shown}?`, text: 'They sign in again, with the same password.' }}
            >
              End sessions
            </Act>
            <Act
              call="deleteUser"
              input={{ path: { id: user.id } }}
              cli={cli`annex users rm ${user.id}`}
              done={`${shown} belongs to the tenant no more`}
              confirm={{
                title: `Remove ${shown}?`,
                text: 'Their sessions and API tokens end at once. What they did stays in the audit trail.',
              }}
            >
              Remove
            </Act>
          </>
        )}
      </div>
    </div>
  );
}

function Invitations(): ReactNode {
  const list = useAnnexList('listInvitations', { query: { limit: 50 } });
  const open = list.items.filter(({ status }) => status === 'open' || status === 'expired');
  if (open.length === 0) return null;
  return (
    <Section title="Invitations" flush>
      {open.map((invitation) => (
        <InvitationItem key={invitation.id} invitation={invitation} />
      ))}
    </Section>
  );
}

function InvitationItem({ invitation }: { invitation: Invitation }): ReactNode {
  const path = { id: invitation.id };
  const mails = { sent: 'A mail went out', failed: 'The mail could not be sent', none: 'No mail was sent' };
  return (
    <div className={classes.item}>
      <div>
        <div className={classes.name}>
          <strong>{invitation.email}</strong>
          <Tag>{invitation.role}</Tag>
          <Status of={invitation.status} />
        </div>
        <p>
          Invited by {invitation.invited_by.name ?? invitation.invited_by.id}. {mails[invitation.mail]}. It ends{' '}
          <When at={invitation.expires_at} />.
        </p>
      </div>
      <div className={classes.actions}>
        <Act call="resendInvitation" input={{ path, body: {} }} done={`${invitation.email} gets another link`}>
          Send again
        </Act>
        <Act
          call="revokeInvitation"
          input={{ path }}
          done="The invitation is revoked"
          confirm={{ title: `Revoke the invitation of ${invitation.email}?`, text: 'The link stops working.' }}
        >
          Revoke
        </Act>
      </div>
    </div>
  );
}
