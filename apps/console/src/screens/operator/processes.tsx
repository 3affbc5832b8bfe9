import type { Process } from '@annex/client';
import Cpu from 'lucide-react/icons/cpu';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { bytesText, countText, plural, words } from '../../parts/numbers';
import { Facts, Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';
import { Go } from '../../shell/go';

type Executor = Process['executors'][number];

const columns: readonly Column<Executor>[] = [
  { label: 'Executor', width: '90px', narrow: '70px', show: ({ pid }) => <code>{pid}</code> },
  {
    label: 'Serves',
    width: 'minmax(0, 1.4fr)',
    show: ({ tenant, lane }) =>
      tenant === null ? (
        <span className="quiet">{lane === null ? 'nobody yet' : 'several'}</span>
      ) : (
        <Go to={`operator/tenants/${tenant}`}>{tenant}</Go>
      ),
  },
  { label: 'Lane', width: '120px', wide: true, show: ({ lane }) => lane && <Tag>{lane}</Tag> },
  { label: 'Memory', width: '95px', narrow: '80px', align: 'end', show: ({ rss_bytes: bytes }) => bytesText(bytes) },
  { label: 'Isolates', width: '80px', wide: true, align: 'end', show: ({ isolates }) => countText(isolates) },
  { label: 'Runs', width: '65px', narrow: '50px', align: 'end', show: ({ runs }) => countText(runs) },
  { label: 'Age', width: '80px', wide: true, align: 'end', show: ({ age_s: s }) => lengthOf(s * 1000) },
];

/** Every process of Annex, and the executors in which it runs plugin code. */
export function Processes(): ReactNode {
  const result = useAnnex('listProcesses', {}, { every: 5000 });
  return (
    <Page
      title="Processes"
      lead="What each process did five seconds ago at most. Executors run plugin code, of one tenant at a time."
    >
      <Loaded result={result}>
        {({ items }) =>
          items.length === 0 ? (
            <Section>
              <Empty icon={<Cpu size={22} />} title="No process has told of itself yet">
                The first report comes within five seconds.
              </Empty>
            </Section>
          ) : (
            items.map((process) => <ProcessSection key={process.id} of={process} />)
          )
        }
      </Loaded>
    </Page>
  );
}

function ProcessSection({ of: process }: { of: Process }): ReactNode {
  const { dispatch, confinement, executors } = process;
  const kills = Object.entries(process.executor_kills);
  const open = Object.entries(confinement.layers).filter(([, isOn]) => !isOn);
  return (
    <Section
      title={`${process.host} · ${process.pid}`}
      lead={`${process.role}, version ${process.version}`}
      actions={
        process.alive ? <Status of="alive" tone="good" /> : <Status of="silent" label="tells nothing" tone="bad" />
      }
      flush
    >
      <div style={{ padding: '0 1rem 1rem' }}>
        <Facts
          of={[
            ['Began', <When key="began" at={process.started_at} />],
            ['Told last', <When key="seen" at={process.seen_at} />],
            ['Memory', bytesText(process.rss_bytes)],
            dispatch !== null && ['Background runs', `${countText(dispatch.running)} of ${countText(dispatch.slots)}`],
            ['Runs that wait for an executor', countText(process.waiting)],
            ['Executors ready', countText(process.blank_ready)],
            ['Executors begun', countText(process.executor_starts)],
            kills.length > 0 && [
              'Executors killed',
              kills.map(([reason, count]) => `${words(reason).toLowerCase()} ${countText(count)}`).join(', '),
            ],
            [
              'Confinement',
              <span key="tier">
                <Tag>{confinement.tier}</Tag>{' '}
                {open.length > 0 && (
                  <span className="quiet">
                    without {open.map(([name]) => words(name.replace(/([A-Z])/g, ' $1')).toLowerCase()).join(', ')}
                  </span>
                )}
              </span>,
            ],
            process.source_connections > 0 && ['Connections', plural(process.source_connections, 'source')],
          ]}
        />
      </div>
      <Rows
        label={`Executors of ${process.host} ${process.pid}`}
        list={{ items: executors, isLoading: false, error: null }}
        columns={columns}
        idOf={({ pid }) => String(pid)}
        empty={<Empty title="No executor runs here now" />}
      />
    </Section>
  );
}
