import type { Event } from '@annex/client';
import { Button, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import Radio from 'lucide-react/icons/radio';
import Send from 'lucide-react/icons/send';
import { useEffect, useState, type ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, sinceOf, SpanChoice, useFilters } from '../../parts/filters';
import { plural, shortCount } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { SavedViews } from '../../parts/saved-views';
import { Status, Tag, toneOf } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { keptBack } from './kept-back';
import { SendEvent } from './send-event';

const columns: readonly Column<Event>[] = [
  {
    label: 'Event',
    width: 'minmax(0, 2fr)',
    show: ({ type, raw_type: raw }) => (
      <>
        <code>{type}</code> {raw !== undefined && <span className="quiet">was {raw}</span>}
      </>
    ),
  },
  {
    label: 'Severity',
    width: '95px',
    wide: true,
    show: ({ severity }) => <Tag tone={toneOf(severity)}>{severity}</Tag>,
  },
  {
    label: 'Alert',
    width: '120px',
    wide: true,
    show: ({ alert }) => alert && <Status of={alert.status} label={`${alert.status} · ${shortCount(alert.count)}`} />,
  },
  {
    label: 'Source',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ source }) => <span className="quiet">{source}</span>,
  },
  {
    label: 'Subject',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ subject }) => <span className="quiet">{subject ?? '–'}</span>,
  },
  {
    label: 'Went to',
    width: 'minmax(0, 1.2fr)',
    show: ({ deliveries, rejected, suppressed_by: by }) =>
      rejected ? (
        <Status of="rejected" />
      ) : by ? (
        <Status of="suppressed" label={keptBack[by.reason]} />
      ) : deliveries.length === 0 ? (
        <span className="quiet">nobody</span>
      ) : (
        <Status of={worstOf(deliveries)} label={plural(deliveries.length, 'handler')} />
      ),
  },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ time }) => <When at={time} /> },
];

function worstOf(deliveries: Event['deliveries']): string {
  const order = ['failed', 'retrying', 'running', 'queued'];
  return order.find((status) => deliveries.some((each) => each.status === status)) ?? 'succeeded';
}

/** What happened in the tenant, as its own systems and plugins told it. */
export function Events(): ReactNode {
  const { filters } = useFilters();
  const { can } = useTenant();
  const at = useAt();
  const [isLive, setLive] = useState(false);
  const [isSending, sending] = useDisclosure();
  const { span, ...named } = filters;
  const query = { ...named, ...(sinceOf(span) && { since: sinceOf(span) }), limit: 100 } as never;
  const list = useAnnexList('listEvents', { query });
  useLiveEvents(isLive, filters['type']);
  return (
    <Page
      title="Events"
      lead="Facts that your systems and plugins tell. Each goes to every handler and webhook that asks for its name."
      actions={
        <>
          <Switch label="Live" size="sm" checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
          {can('sendEvent') && (
            <Button size="xs" leftSection={<Send size={14} />} onClick={sending.open}>
              Send an event
            </Button>
          )}
          <CopyAs call="listEvents" input={{ query }} cli="annex events ls" label="This list" />
        </>
      }
    >
      <FilterBar>
        <SearchBox name="type" label="Name or pattern, such as order.*" />
        <Choice name="severity" label="Severity" options={['debug', 'info', 'warning', 'error', 'critical']} />
        <Choice name="status" label="State" options={['rejected', 'suppressed']} />
        <SpanChoice />
        <SavedViews of="events" />
      </FilterBar>
      <Section flush>
        <Rows
          label="Events"
          list={list}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ id }) => at(`events/${encodeURIComponent(id)}`)}
          empty={
            <Empty icon={<Radio size={22} />} title="No event is like that">
              Your product sends events with POST /api/events, plugins with <code>ctx.emit</code>. Send one from here to
              see where it goes.
            </Empty>
          }
        />
      </Section>
      {isSending && <SendEvent onClose={sending.close} />}
    </Page>
  );
}

/** The list is asked for at most so often, however much happens. */
const quietMs = 800;

function useLiveEvents(isOn: boolean, type: string | undefined): void {
  const { annex, slug } = useTenant();
  const client = useQueryClient();
  useEffect(() => {
    if (!isOn) return undefined;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async (): Promise<void> => {
      for await (const _ of annex.follow('streamEvents', { query: type ? { type } : {}, signal: ending.signal }))
        timer ??= setTimeout(() => {
          timer = undefined;
          void client.invalidateQueries({ queryKey: [slug, 'listEvents'] });
        }, quietMs);
    };
    follow().catch(() => undefined);
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [isOn, type, annex, slug, client]);
}
