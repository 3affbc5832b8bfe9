import type { Delivery, Webhook } from '@annex/client';
import { Button, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate, useParams } from '@tanstack/react-router';
import Plus from 'lucide-react/icons/plus';
import WebhookIcon from 'lucide-react/icons/webhook';
import { type ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { SavedViews } from '../../parts/saved-views';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { HookSources } from './hook-sources';
import { NewWebhook } from './new-webhook';

const columns: readonly Column<Webhook>[] = [
  { label: 'Webhook', width: 'minmax(0, 1fr)', show: ({ name }) => name },
  {
    label: 'State',
    width: '105px',
    narrow: '1rem',
    show: ({ status }) => <Status of={status} tone={stateTone(status)} />,
  },
  { label: 'Goes to', width: 'minmax(0, 1.6fr)', wide: true, show: ({ url }) => <span className="quiet">{url}</span> },
  { label: 'Events', width: 'minmax(0, 1fr)', wide: true, show: ({ events }) => <code>{events.join(', ')}</code> },
  {
    label: 'Of',
    width: '120px',
    wide: true,
    show: ({ plugin }) => <Tag>{plugin ?? 'the tenant'}</Tag>,
  },
  {
    label: 'Last',
    width: '105px',
    align: 'end',
    show: ({ last_delivery: last, failing_since: failing }) =>
      failing ? <Status of="failing" tone="bad" /> : <When at={last?.at} none="never" />,
  },
];

function stateTone(status: Webhook['status']): 'good' | 'bad' | 'quiet' {
  return status === 'enabled' ? 'good' : status === 'blocked' ? 'bad' : 'quiet';
}

/** Where events leave to, and where others' come in. */
export function Webhooks(): ReactNode {
  const { tab = 'endpoints' } = useParams({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const at = useAt();
  const { can } = useTenant();
  const [isMaking, making] = useDisclosure();
  return (
    <Page
      title="Webhooks"
      lead="Events leave to other servers signed, with every attempt kept. Other platforms’ webhooks come in as events."
      actions={
        can('createWebhook') &&
        tab === 'endpoints' && (
          <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
            New webhook
          </Button>
        )
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => void navigate({ to: at(value === 'endpoints' ? 'webhooks' : `webhooks/${value ?? ''}`) })}
      >
        <Tabs.List>
          <Tabs.Tab value="endpoints">Endpoints</Tabs.Tab>
          <Tabs.Tab value="deliveries">Deliveries</Tabs.Tab>
          {can('listHookSources') && <Tabs.Tab value="incoming">Incoming</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="endpoints" pt="lg">
          <Endpoints />
        </Tabs.Panel>
        <Tabs.Panel value="deliveries" pt="lg">
          <Deliveries />
        </Tabs.Panel>
        <Tabs.Panel value="incoming" pt="lg">
          <HookSources />
        </Tabs.Panel>
      </Tabs>
      {isMaking && <NewWebhook onClose={making.close} />}
    </Page>
  );
}

function Endpoints(): ReactNode {
  const at = useAt();
  const list = useAnnexList('listWebhooks', { query: { limit: 100 } });
  return (
    <Section flush>
      <Rows
        label="Webhooks"
        list={list}
        columns={columns}
        idOf={({ id }) => id}
        linkTo={({ id }) => at(`endpoints/${id}`)}
        empty={
          <Empty icon={<WebhookIcon size={22} />} title="No webhook yet">
            A webhook sends events of your tenant to a URL. Make one here, or ship it with a plugin as{' '}
            <code>webhooks/*.yaml</code>.
          </Empty>
        }
      />
    </Section>
  );
}

const deliveryColumns: readonly Column<Delivery>[] = [
  {
    label: 'Delivery',
    width: 'minmax(0, 1.4fr)',
    show: ({ webhook, event_type: type }) => (
      <>
        {webhook} <span className="quiet">· {type ?? 'a test'}</span>
      </>
    ),
  },
  { label: 'Status', width: '110px', narrow: '1rem', show: ({ status }) => <Status of={status} /> },
  {
    label: 'What happened',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: ({ error }) => error && <span className="quiet">{error.message}</span>,
  },
  { label: 'Attempts', width: '70px', align: 'end', wide: true, show: ({ attempt_count: count }) => count },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ created_at: at }) => <When at={at} /> },
];

/** What webhooks delivered, and what not. `webhook`: of one alone. */
export function Deliveries({ webhook }: { webhook?: string }): ReactNode {
  const { filters } = useFilters();
  const at = useAt();
  const query = {
    ...(filters['status'] && { status: filters['status'] }),
    ...(webhook && { webhook }),
    limit: 100,
  } as never;
  const list = useAnnexList('listDeliveries', { query }, { every: 5000 });
  return (
    <div className="stack">
      <FilterBar>
        <Choice name="status" label="Status" options={['queued', 'running', 'retrying', 'succeeded', 'failed']} />
        <SavedViews of="deliveries" />
      </FilterBar>
      <Section flush>
        <Rows
          label="Deliveries"
          list={list}
          columns={deliveryColumns}
          idOf={({ id }) => id}
          linkTo={({ id }) => at(`deliveries/${id}`)}
          empty={<Empty icon={<WebhookIcon size={22} />} title="Nothing was delivered" />}
        />
      </Section>
    </div>
  );
}
