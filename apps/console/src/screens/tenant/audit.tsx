import type { AuditEntry } from '@annex/client';
import ShieldCheck from 'lucide-react/icons/shield-check';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Empty } from '../../parts/empty';
import { FilterBar, SearchBox, sinceOf, SpanChoice, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { When } from '../../parts/when';

const columns: readonly Column<AuditEntry>[] = [
  { label: 'Action', width: 'minmax(0, 1.1fr)', show: ({ action }) => <code>{action}</code> },
  { label: 'Who', width: 'minmax(0, 1.2fr)', show: ({ actor }) => <ActorName id={actor} /> },
  {
    label: 'On what',
    width: 'minmax(0, 1.2fr)',
    wide: true,
    show: ({ target }) => <span className="quiet">{target ?? '–'}</span>,
  },
  {
    label: 'Detail',
    width: 'minmax(0, 1.4fr)',
    wide: true,
    show: ({ detail }) => {
      const text = JSON.stringify(detail);
      return (
        <span className="quiet mono" title={text}>
          {text === '{}' ? '' : text}
        </span>
      );
    },
  },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ at }) => <When at={at} /> },
];

/** Who did what in the tenant: a chain that nobody can change unseen. */
export function Audit(): ReactNode {
  const { filters } = useFilters();
  const { span, ...named } = filters;
  const query = { ...named, ...(sinceOf(span) && { since: sinceOf(span) }), limit: 100 };
  const list = useAnnexList('listAudit', { query });
  return (
    <Page
      title="Audit"
      lead="Who changed what, and when. Entries are chained: none can be altered or taken out unseen."
      actions={<CopyAs call="listAudit" input={{ query }} label="This list" />}
    >
      <FilterBar>
        <SearchBox name="action" label="Action, such as plugin or plugin.enabled" />
        <SpanChoice />
      </FilterBar>
      <Actors ids={list.items.map(({ actor }) => actor)}>
        <Section flush>
          <Rows
            label="Audit"
            list={list}
            columns={columns}
            idOf={({ seq }) => String(seq)}
            empty={<Empty icon={<ShieldCheck size={22} />} title="Nothing was done that is like that" />}
          />
        </Section>
      </Actors>
    </Page>
  );
}
