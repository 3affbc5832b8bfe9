import type { Tenant } from '@annex/client';
import { Alert, Button, Group, Modal, Radio, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Ban from 'lucide-react/icons/ban';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useCall } from '../../api/queries';
import { Act, CopyAs } from '../../parts/act';
import { notifyDone, Problem } from '../../parts/problem';
import { When } from '../../parts/when';

type Scope = 'everything' | 'background';

/** Brings a tenant to a standstill, or lets it go on. */
export function Suspend({ tenant }: { tenant: Tenant }): ReactNode {
  const [isAsking, asking] = useDisclosure();
  if (tenant.suspension)
    return (
      <Act
        call="resumeTenant"
        input={{ path: { slug: tenant.slug } }}
        cli={cli`annex tenants resume ${tenant.slug}`}
        variant="filled"
        done={`${tenant.name} goes on`}
      >
        Resume
      </Act>
    );
  return (
    <>
      <Button variant="default" size="xs" leftSection={<Ban size={14} />} onClick={asking.open}>
        Suspend…
      </Button>
      {isAsking && <SuspendForm tenant={tenant} onClose={asking.close} />}
    </>
  );
}

function SuspendForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const [scope, setScope] = useState<Scope>('everything');
  const suspend = useCall('suspendTenant');
  const input = { path: { slug: tenant.slug }, body: { reason, scope } };
  return (
    <Modal opened onClose={onClose} title={`Suspend ${tenant.name}?`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          suspend.mutate(input, {
            onSuccess() {
              notifyDone(`${tenant.name} stands still`);
              onClose();
            },
          });
        }}
      >
        <Radio.Group label="How much of it" value={scope} onChange={(value) => setScope(value as Scope)}>
          <div className="stack">
            <Radio
              value="everything"
              label="Everything"
              description="Nobody but operators enters, and nothing of it is started"
            />
            <Radio
              value="background"
              label="Its background work"
              description="People, routes and events go on; runs wait in the queue, schedules and sources rest"
            />
          </div>
        </Radio.Group>
        <Textarea
          label="Reason"
          description="Its people are told"
          value={reason}
          maxLength={500}
          data-autofocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <p className="quiet">What waits is kept, and starts when you resume the tenant.</p>
        {suspend.error && <Problem error={suspend.error} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs
            call="suspendTenant"
            input={input}
            cli={
              cli`annex tenants suspend ${tenant.slug} --reason ${reason}` +
              (scope === 'background' ? ' --background' : '')
            }
            label="Suspend"
            size="sm"
          />
          <Button type="submit" color="red.9" loading={suspend.isPending} disabled={reason.trim() === ''}>
            Suspend
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** Why a tenant stands still, and since when. */
export function SuspensionNote({ tenant: { suspension } }: { tenant: Tenant }): ReactNode {
  if (!suspension) return null;
  return (
    <Alert
      color="gray"
      variant="outline"
      title={suspension.scope === 'everything' ? 'Everything stands still' : 'Background work stands still'}
    >
      {suspension.reason} Since <When at={suspension.since} as="exact" />.
    </Alert>
  );
}
