import type { PlatformSettings as Answer } from '@annex/client';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Tag } from '../../parts/status';

type Setting = Answer['items'][number];

const columns: readonly Column<Setting>[] = [
  { label: 'Setting', width: 'minmax(0, 1fr)', show: ({ name }) => <code>{name}</code> },
  {
    label: 'Value',
    width: 'minmax(0, 1.4fr)',
    show: ({ value }) =>
      value === null || value === '' ? <span className="quiet">unset</span> : <code title={value}>{value}</code>,
  },
  {
    label: 'From',
    width: '170px',
    wide: true,
    show: ({ is_set: isSet, is_secret: isSecret }) => (
      <>
        {isSet ? <Tag>set</Tag> : <span className="quiet">default</span>} {isSecret && <Tag tone="warn">masked</Tag>}
      </>
    ),
  },
];

/** The settings in force in the process that answers. */
export function PlatformSettings(): ReactNode {
  const { filters } = useFilters();
  const result = useAnnex('listPlatformSettings', {});
  return (
    <Page
      title="Settings in force"
      lead="Of the process that answers, from its environment. What is secret never leaves it."
    >
      <FilterBar>
        <SearchBox label="Name or value" />
        <Choice name="from" label="From" options={['set', 'default']} />
      </FilterBar>
      <Section flush>
        <Loaded result={result}>
          {({ items }) => (
            <Rows
              label="Settings in force"
              list={{ items: items.filter((each) => isWanted(each, filters)), isLoading: false, error: null }}
              columns={columns}
              idOf={({ name }) => name}
              empty={<Empty title="No setting is like that" />}
            />
          )}
        </Loaded>
      </Section>
    </Page>
  );
}

function isWanted(
  { name, value, is_set: isSet }: Setting,
  { q = '', from }: Record<string, string | undefined>,
): boolean {
  if (from !== undefined && (from === 'set') !== isSet) return false;
  return `${name} ${value ?? ''}`.toLowerCase().includes(q.toLowerCase());
}
