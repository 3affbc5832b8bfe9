import type { Queue as QueueAnswer } from '@annex/client';
import ListOrdered from 'lucide-react/icons/list-ordered';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { countText, plural, words } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, type Tone } from '../../parts/status';
import { lengthOf } from '../../parts/when';
import { useAt } from '../../shell/go';

type Waiting = QueueAnswer['tenants'][number];

const reasons: Readonly<Record<NonNullable<Waiting['why']>, [label: string, tone: Tone]>> = {
  suspended: ['an operator suspended it', 'warn'],
  deleted: ['it was deleted', 'bad'],
  its_share: ['it has its share, and no place is idle', 'quiet'],
  no_place: ['every place is taken', 'warn'],
  no_worker: ['no worker is alive', 'bad'],
  next: ['its turn is next', 'good'],
};

const parkedReasons: Readonly<Record<string, string>> = {
  overlap: 'for an earlier run',
  plugin: 'for their plugin to be enabled',
  endpoint: 'for a busy endpoint',
};

const columns: readonly Column<Waiting>[] = [
  {
    label: 'Tenant',
    width: 'minmax(0, 1.3fr)',
    show: ({ name, slug }) => (
      <>
        {name} <span className="quiet">· {slug}</span>
      </>
    ),
  },
  { label: 'Due', width: '80px', narrow: '60px', align: 'end', show: ({ due }) => countText(due) },
  {
    label: 'Longest',
    width: '100px',
    narrow: '80px',
    align: 'end',
    show: ({ due, oldest_due_s: s }) => (due === 0 ? '' : lengthOf(s * 1000)),
  },
  {
    label: 'Running',
    width: '110px',
    wide: true,
    align: 'end',
    show: ({ running, background_concurrency: cap }) => `${countText(running)} of ${countText(cap)}`,
  },
  { label: 'Delayed', width: '85px', wide: true, align: 'end', show: ({ delayed }) => countText(delayed) },
  {
    label: 'Why they wait',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: (tenant) => <Why of={tenant} />,
  },
];

/** Background work of all tenants: what waits, and why. */
export function QueueScreen(): ReactNode {
  const at = useAt();
  const queue = useAnnex('getQueue', {}, { every: 3000 });
  return (
    <Page
      title="Queue"
      lead="Background runs of all tenants. Each tenant has its share; whoever floods the queue waits behind itself."
    >
      <Loaded result={queue}>
        {({ tenants, workers, slots, running, due }) => (
          <>
            <Columns>
              <Section title="Now">
                <Facts
                  of={[
                    [
                      'Workers',
                      workers === 0 ? <Status key="none" of="none is alive" tone="bad" /> : plural(workers, 'worker'),
                    ],
                    ['Places', `${countText(running)} of ${countText(slots)} taken`],
                    ['Due', plural(due, 'run')],
                  ]}
                />
              </Section>
            </Columns>
            <Section title="Tenants with work" flush>
              <Rows
                label="Tenants with work"
                list={{ items: tenants, isLoading: false, error: null }}
                columns={columns}
                idOf={({ slug }) => slug}
                linkTo={({ slug }) => at(`operator/tenants/${slug}`)}
                empty={<Empty icon={<ListOrdered size={22} />} title="Nothing runs and nothing waits" />}
              />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Why({ of: { why, parked } }: { of: Waiting }): ReactNode {
  const parts = Object.entries(parked).map(
    ([reason, count]) => `${plural(count, 'run')} ${parkedReasons[reason] ?? words(reason)}`,
  );
  const [label, tone] = why === null ? ['', 'quiet' as const] : reasons[why];
  return (
    <>
      {why !== null && <Status of={why} label={label} tone={tone} />}
      {parts.length > 0 && <span className="quiet"> {parts.join(', ')}</span>}
    </>
  );
}
