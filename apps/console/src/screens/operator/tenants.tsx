import type { Tenant } from '@annex/client';
import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Building2 from 'lucide-react/icons/building-2';
import Plus from 'lucide-react/icons/plus';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Rows, type Column } from '../../parts/rows';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { TenantState } from './tenant-state';

const columns: readonly Column<Tenant>[] = [
  {
    label: 'Tenant',
    width: 'minmax(0, 2fr)',
    show: ({ name, slug }) => (
      <>
        {name} <span className="quiet">· {slug}</span>
      </>
    ),
  },
  {
    label: 'State',
    width: '120px',
    show: (tenant) => <TenantState of={tenant} />,
  },
  { label: 'Weight', width: '80px', align: 'end', wide: true, show: ({ weight }) => weight },
  { label: 'At once', width: '80px', align: 'end', wide: true, show: (tenant) => tenant.background_concurrency },
  {
    label: 'Zone',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ timezone }) => <span className="quiet">{timezone}</span>,
  },
  { label: 'Made', width: '105px', align: 'end', show: ({ created_at: at }) => <When at={at} /> },
];

/** All tenants of the platform, for its operators. */
export function OperatorTenants(): ReactNode {
  const { filters } = useFilters();
  const at = useAt();
  const [isMaking, making] = useDisclosure();
  const list = useAnnexList('listTenants', { query: { limit: 200 } });
  const asked = filters['q']?.toLowerCase() ?? '';
  const items = list.items.filter(({ name, slug }) => `${name} ${slug}`.toLowerCase().includes(asked));
  return (
    <Page
      title="Tenants"
      lead="Everybody whom this platform serves. Each is walled off from the others."
      actions={
        <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
          New tenant
        </Button>
      }
    >
      <FilterBar>
        <SearchBox label="Name or slug" />
      </FilterBar>
      <Section flush>
        <Rows
          label="Tenants"
          list={{ ...list, items }}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ slug }) => at(`operator/tenants/${slug}`)}
          empty={<Empty icon={<Building2 size={22} />} title="No tenant is called so" />}
        />
      </Section>
      {isMaking && <NewTenant onClose={making.close} />}
    </Page>
  );
}

function NewTenant({ onClose }: { onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [slug, setSlug] = useState('');
  const create = useCall('createTenant');
  const body = { name, slug };
  return (
    <Modal opened onClose={onClose} title="New tenant">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(
            { body },
            {
              onSuccess() {
                notifyDone(`${name} is ready`);
                onClose();
              },
            },
          );
        }}
      >
        <TextInput label="Name" value={name} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput
          label="Slug"
          description="Stands in addresses: small letters, digits and -"
          value={slug}
          onChange={(event) => setSlug(event.currentTarget.value)}
        />
        {create.error && <Problem error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs
            call="createTenant"
            input={{ body }}
            cli={cli`annex tenants create ${slug} --name ${name}`}
            label="New tenant"
            size="sm"
          />
          <Button type="submit" loading={create.isPending} disabled={name === '' || slug === ''}>
            Make it
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
