import type { Notice } from '@annex/client';
import Megaphone from 'lucide-react/icons/megaphone';
import type { ReactNode } from 'react';
import type { ListResult } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { words } from '../../parts/numbers';
import { Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, type Tone } from '../../parts/status';
import { When } from '../../parts/when';

/** What is told of, as people say it. */
export const kinds: Readonly<Record<Notice['kind'], string>> = {
  plugin_failing: 'A plugin fails',
  dead_letters: 'Dead letters',
  quota: 'A quota is nearly used up',
  missed_ticks: 'Ticks of jobs were missed',
  source_unhealthy: 'A source does not work',
  missing_secret: 'A secret is missing',
};

const levels: Readonly<Record<Notice['level'], [label: string, tone: Tone]>> = {
  ok: ['over', 'good'],
  warning: ['warning', 'warn'],
  critical: ['critical', 'bad'],
};

function Level({ of }: { of: Notice['level'] }): ReactNode {
  const [label, tone] = levels[of];
  return <Status of={`level-${of}`} tone={tone} label={label} />;
}

const columns: readonly Column<Notice>[] = [
  { label: 'What', width: 'minmax(0, 2.4fr)', show: ({ text }) => <span title={text}>{text}</span> },
  { label: 'Level', width: '110px', narrow: '1rem', show: ({ level }) => <Level of={level} /> },
  { label: 'Kind', width: '150px', wide: true, show: ({ kind }) => <span className="quiet">{words(kind)}</span> },
  { label: 'By', width: '130px', wide: true, show: ({ rule, channel }) => `${rule} · ${channel}` },
  {
    label: 'Told',
    width: '120px',
    wide: true,
    show: ({ status, error }) => (
      <span title={error ?? undefined}>
        <Status of={status} />
      </span>
    ),
  },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ created_at: at }) => <When at={at} /> },
];

const tenant: Column<Notice> = { label: 'Tenant', width: '150px', wide: true, show: (notice) => notice.tenant };

/** What people were told. `isOfAll`: of every tenant. */
export function Told({ list, isOfAll = false }: { list: ListResult<Notice>; isOfAll?: boolean }): ReactNode {
  return (
    <Section title="Told" flush>
      <Rows
        label="Told"
        list={list}
        columns={isOfAll ? [...columns.slice(0, 1), tenant, ...columns.slice(1)] : columns}
        idOf={({ id }) => id}
        empty={
          <Empty icon={<Megaphone size={22} />} title="Nobody was told anything">
            A change is told once, however long it lasts: when it begins, when it gets worse, when it is over.
          </Empty>
        }
      />
    </Section>
  );
}
