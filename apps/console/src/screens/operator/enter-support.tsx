import type { Tenant } from '@annex/client';
import { Button, Group, Modal, NumberInput, Radio, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import LifeBuoy from 'lucide-react/icons/life-buoy';
import { useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { Problem } from '../../parts/problem';
import { keepSupport } from '../../shell/support-entry';

type Access = 'read' | 'change';

/** Leads an operator into a tenant for a time, with a reason. */
export function EnterSupport({ tenant }: { tenant: Tenant }): ReactNode {
  const [isAsking, asking] = useDisclosure();
  return (
    <>
      <Button variant="default" size="xs" leftSection={<LifeBuoy size={14} />} onClick={asking.open}>
        Enter as support…
      </Button>
      {isAsking && <SupportForm tenant={tenant} onClose={asking.close} />}
    </>
  );
}

function SupportForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const [access, setAccess] = useState<Access>('read');
  const [minutes, setMinutes] = useState<number | string>(60);
  const client = useQueryClient();
  const navigate = useNavigate();
  const enter = useCall('enterTenantForSupport');
  const input = { path: { slug: tenant.slug }, body: { reason, access, minutes: Number(minutes) } };
  return (
    <Modal opened onClose={onClose} title={`Enter ${tenant.name} as support`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate(input, {
            onSuccess({ id, token = '', role, expires_at: expiresAt }) {
              keepSupport({ slug: tenant.slug, name: tenant.name, id, token, role, expiresAt });
              client.clear();
              void navigate({ to: `/t/${tenant.slug}` });
            },
          });
        }}
      >
        <Radio.Group label="What you may do" value={access} onChange={(value) => setAccess(value as Access)}>
          <div className="stack">
            <Radio value="read" label="Look" description="As a viewer, who changes nothing" />
            <Radio value="change" label="Change" description="Whatever an admin of the tenant may do" />
          </div>
        </Radio.Group>
        <NumberInput label="Minutes" min={1} max={240} value={minutes} onChange={setMinutes} />
        <Textarea
          label="Reason"
          description="Stands in the tenant’s audit trail with your name"
          value={reason}
          maxLength={500}
          data-autofocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {enter.error && <Problem error={enter.error} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs call="enterTenantForSupport" input={input} label="Enter as support" size="sm" />
          <Button type="submit" loading={enter.isPending} disabled={reason.trim() === ''}>
            Enter
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
