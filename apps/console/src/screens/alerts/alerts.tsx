import type { Alert } from '@annex/client';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import BellOff from 'lucide-react/icons/bell-off';
import BellRing from 'lucide-react/icons/bell-ring';
import Check from 'lucide-react/icons/check';
import type { ReactNode } from 'react';
import { cli, flagsOf } from '../../api/commands';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act, CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, useFilters } from '../../parts/filters';
import { Items } from '../../parts/items';
import classes from '../../parts/items.module.css';
import { plural } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { MappedBy } from '../mappings/mapped-by';
import { Silence } from './silence';

/** What fires, and what is over. */
export function Alerts(): ReactNode {
  const { filters } = useFilters();
  const status = filters['status'];
  return (
    <Page
      title="Alerts"
      lead="Events of one rule and key that belong together: a thousand of them call a handler once."
      actions={
        <CopyAs
          call="listAlerts"
          input={{ query: status === 'firing' || status === 'resolved' ? { status } : {} }}
          cli={`annex alerts ls ${flagsOf(filters)}`.trim()}
          label="This list"
        />
      }
    >
      <FilterBar>
        <Choice name="status" label="Status" options={['firing', 'resolved']} />
      </FilterBar>
      {status !== 'resolved' && <Firing />}
      {status !== 'firing' && <Resolved />}
    </Page>
  );
}

function Firing(): ReactNode {
  const list = useAnnexList('listAlerts', { query: { status: 'firing', limit: 50 } }, { every: 5000 });
  return (
    <Section title="Firing" flush>
      <Items
        list={list}
        none={
          <Empty icon={<BellRing size={22} />} title="Nothing fires">
            A rule of <Go to="mappings">a mapping</Go> with{' '}
            <code>{'dedupe: { key: "{{ subject }}", window_s: 600 }'}</code> counts events of one key as one alert.
          </Empty>
        }
      >
        {(alert) => <FiringAlert key={alert.id} alert={alert} />}
      </Items>
    </Section>
  );
}

function FiringAlert({ alert }: { alert: Alert }): ReactNode {
  const [isSilencing, silencing] = useDisclosure();
  const { can } = useTenant();
  const path = { id: alert.id };
  const isSilent = alert.silence_ends_at !== null;
  return (
    <div className={classes.item} role="group" aria-label={alert.key}>
      <div>
        <div className={classes.name}>
          <Status of="firing" tone={isSilent ? 'quiet' : 'bad'} label={isSilent ? 'silenced' : 'firing'} />
          <strong>{alert.key}</strong>
          <code>{alert.type}</code>
          <Tag>{plural(alert.count, 'event')}</Tag>
        </div>
        <p>
          Since <When at={alert.first_at} />, last <When at={alert.last_at} />, counted by{' '}
          <MappedBy rule={alert.rule} />
          {isSilent && (
            <>
              . Silenced until <When at={alert.silence_ends_at} as="minute" />
            </>
          )}
        </p>
        <p>
          <Go to={`events/${encodeURIComponent(alert.event_id)}`}>Its last event that went through</Go> ·{' '}
          <Go to="events" search={{ type: alert.type }}>
            its events
          </Go>{' '}
          ·{' '}
          <Go to="events" search={{ type: alert.type, status: 'suppressed' }}>
            those kept back
          </Go>
        </p>
      </div>
      <div className={classes.actions}>
        {isSilent ? (
          <Act
            call="silenceAlert"
            input={{ path, body: { for_s: 0 } }}
            cli={cli`annex alerts silence ${alert.id} --for 0`}
            icon={<BellRing size={14} />}
            done={`${alert.key} is heard again`}
          >
            End the silence
          </Act>
        ) : (
          can('silenceAlert') && (
            <Button variant="default" size="xs" leftSection={<BellOff size={14} />} onClick={silencing.open}>
              Silence
            </Button>
          )
        )}
        <Act
          call="resolveAlert"
          input={{ path }}
          cli={cli`annex alerts resolve ${alert.id}`}
          icon={<Check size={14} />}
          done={`${alert.key} is resolved`}
          confirm={{
            title: `Resolve ${alert.key}?`,
            text: 'An event with the status resolved tells it. The next event of its key begins a new alert.',
          }}
        >
          Resolve
        </Act>
      </div>
      {isSilencing && <Silence alert={alert} onClose={silencing.close} />}
    </div>
  );
}

const columns: readonly Column<Alert>[] = [
  { label: 'Alert', width: 'minmax(0, 1.4fr)', show: ({ key }) => key },
  { label: 'Type', width: 'minmax(0, 1.2fr)', wide: true, show: ({ type }) => <code>{type}</code> },
  { label: 'Events', width: '80px', align: 'end', show: ({ count }) => count },
  { label: 'Began', width: '105px', wide: true, align: 'end', show: ({ first_at: at }) => <When at={at} /> },
  {
    label: 'Ended',
    width: '150px',
    wide: true,
    show: ({ resolved_by: by }) => <span className="quiet">{by === null ? 'by itself' : 'by hand'}</span>,
  },
  { label: 'Last', width: '105px', narrow: '84px', align: 'end', show: ({ last_at: at }) => <When at={at} /> },
];

function Resolved(): ReactNode {
  const at = useAt();
  const list = useAnnexList('listAlerts', { query: { status: 'resolved', limit: 100 } });
  return (
    <Section title="Resolved" lead="Shown for seven days" flush>
      <Rows
        label="Resolved alerts"
        list={list}
        columns={columns}
        idOf={({ id }) => id}
        linkTo={({ event_id: id }) => at(`events/${encodeURIComponent(id)}`)}
        empty={
          <Empty title="None has ended yet">
            An alert ends with an event that <code>resolved_when</code> takes, with <code>resolve_after_s</code>, or by
            hand.
          </Empty>
        }
      />
    </Section>
  );
}
