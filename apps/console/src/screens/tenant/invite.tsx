import type { NewInvitation, Role } from '@annex/client';
import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { roles } from '../../api/session';
import { useTenant } from '../../api/tenant';
import { CopyAs } from '../../parts/act';
import { notifyDone, Problem } from '../../parts/problem';
import { ShownOnce } from '../../parts/shown-once';

/** What each role is for. */
const about: Readonly<Record<Role, string>> = {
  viewer: 'looks at everything that is no secret',
  member: 'calls routes, stores files, makes tokens',
  developer: 'installs plugins, runs jobs, sends events',
  admin: 'grants permissions, sets secrets, manages people',
  owner: 'everything, other owners too',
};

/** Asks somebody into the tenant. */
export function Invite({ onClose }: { onClose: () => void }): ReactNode {
  const { role: own } = useTenant();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [made, setMade] = useState<NewInvitation>();
  const invite = useCall('createInvitation');
  const body = { email, role };
  const link = made?.url === undefined ? undefined : new URL(made.url, location.origin).href;
  return (
    <Modal opened onClose={onClose} title={made ? `${made.email} is invited` : 'Invite somebody'}>
      {made && link !== undefined ? (
        <div className="stack">
          <ShownOnce
            label="Invitation link"
            text={link}
            why="No mail took it to its reader: pass it on yourself. It works once, for seven days."
          />
          <Button onClick={onClose}>I have kept it</Button>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate(
              { body },
              {
                onSuccess(invitation) {
                  setMade(invitation);
                  if (invitation.url !== undefined) return;
                  notifyDone(`A mail to ${invitation.email} is on its way`);
                  onClose();
                },
              },
            );
          }}
        >
          <TextInput
            label="E-mail address"
            type="email"
            value={email}
            data-autofocus
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label="Role"
            description={about[role]}
            data={roles.slice(0, roles.indexOf(own) + 1)}
            value={role}
            allowDeselect={false}
            onChange={(value) => setRole((value as Role | null) ?? 'viewer')}
          />
          {invite.error && <Problem error={invite.error} />}
          <Group justify="flex-end" gap="xs">
            <CopyAs call="createInvitation" input={{ body }} label="Invite" size="sm" />
            <Button type="submit" loading={invite.isPending} disabled={email === ''}>
              Invite
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
