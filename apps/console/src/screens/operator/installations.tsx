import type { InstallationAnywhere } from '@annex/client';
import Blocks from 'lucide-react/icons/blocks';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';

const columns: readonly Column<InstallationAnywhere>[] = [
  {
    label: 'Plugin',
    width: 'minmax(0, 1.2fr)',
    show: ({ name, slug }) => (
      <>
        {name} <span className="quiet">· {slug}</span>
      </>
    ),
  },
  { label: 'Tenant', width: 'minmax(0, 1fr)', show: ({ tenant }) => tenant.name },
  { label: 'State', width: '120px', narrow: '1rem', show: ({ status }) => <Status of={status} /> },
  { label: 'Release', width: '100px', wide: true, show: ({ version }) => version && <Tag>{version}</Tag> },
  {
    label: 'Why',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: ({ status_reason: reason }) =>
      reason !== null && (
        <span className="quiet" title={reason}>
          {reason}
        </span>
      ),
  },
  {
    label: 'Kills',
    width: '70px',
    wide: true,
    align: 'end',
    show: ({ kills }) => (kills === 0 ? <span className="quiet">0</span> : <Status of={String(kills)} tone="bad" />),
  },
  { label: 'Changed', width: '105px', narrow: '84px', align: 'end', show: ({ updated_at: at }) => <When at={at} /> },
];

const states = ['enabled', 'starting', 'disabled', 'installed', 'failed', 'suspended', 'uninstalling'];

/** Installations of a plugin, or of all, in every tenant. */
export function Installations(): ReactNode {
  const { filters } = useFilters();
  const list = useAnnexList('listInstallations', {
    query: {
      limit: 100,
      ...(filters['q'] && { slug: filters['q'] }),
      ...(filters['status'] && { status: filters['status'] }),
    },
  });
  return (
    <Page
      title="Installations"
      lead="Who has which plugin. The platform suspends one whose code forces executors to be killed."
    >
      <FilterBar>
        <SearchBox label="Slug of a plugin" />
        <Choice name="status" label="State" options={states} />
      </FilterBar>
      <Section flush>
        <Rows
          label="Installations"
          list={list}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ tenant, slug }) => `/t/${tenant.slug}/plugins/${slug}`}
          empty={
            <Empty icon={<Blocks size={22} />} title="No tenant has it">
              Write the whole slug of a plugin, as <code>plugin.json</code> has it.
            </Empty>
          }
        />
      </Section>
    </Page>
  );
}
