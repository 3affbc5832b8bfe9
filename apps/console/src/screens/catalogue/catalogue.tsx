import type { ListedPlugin } from '@annex/client';
import PackageOpen from 'lucide-react/icons/package-open';
import type { ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../api/queries';
import { Choice, FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { ListPage } from '../../parts/list-page';
import { Section } from '../../parts/page';
import type { Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';

const columns: readonly Column<ListedPlugin>[] = [
  {
    label: 'Plugin',
    width: 'minmax(0, 1.2fr)',
    show: ({ name, slug }) => (
      <>
        {name} <span className="quiet">· {slug}</span>
      </>
    ),
  },
  { label: 'What it does', width: 'minmax(0, 2fr)', wide: true, show: ({ description }) => description },
  { label: 'Publisher', width: '140px', wide: true, show: ({ publisher }) => publisher },
  { label: 'Latest', width: '90px', wide: true, show: ({ latest }) => latest && <Tag>{latest}</Tag> },
  { label: 'Here', width: '170px', narrow: '140px', show: (plugin) => <Installed of={plugin} /> },
];

const shown = [
  { value: 'installed', label: 'Installed' },
  { value: 'newer', label: 'Newer than here' },
];

/** Plugins that the operator's catalogue lists. */
export function Catalogue(): ReactNode {
  const { filters } = useFilters();
  const at = useAt();
  const { q, show } = filters;
  const list = useAnnexList('listCatalogue', {
    query: { limit: 100, ...(q && { q }), ...(show && { show: show as 'installed' | 'newer' }) },
  });
  const isNarrowed = q !== undefined || show !== undefined;
  return (
    <ListPage
      title="Catalogue"
      lead="Plugins that the operator’s catalogue lists, what of them is installed, and what is newer."
      filters={
        <FilterBar>
          <SearchBox label="Slug, name or words" />
          <Choice name="show" label="All of them" options={shown} />
        </FilterBar>
      }
      above={<About />}
      list={list}
      columns={columns}
      idOf={({ slug }) => slug}
      linkTo={({ slug }) => at(`catalogue/${encodeURIComponent(slug)}`)}
      none={{
        icon: <PackageOpen size={22} />,
        title: isNarrowed ? 'Nothing of this kind' : 'No plugin is listed',
        text: isNarrowed ? undefined : (
          <>
            An operator signs a catalogue with <code>annex catalogue build</code> and names it in{' '}
            <code>ANNEX_CATALOGUE_URL</code>. Packages of your own are installed under Plugins.
          </>
        ),
      }}
    />
  );
}

/** Whose catalogue it is, or what is wrong with it. */
function About(): ReactNode {
  const { data } = useAnnex('listCatalogue', { query: { limit: 1 } });
  if (!data || (data.catalogue === null && data.problem === null)) return null;
  const { catalogue, problem } = data;
  return (
    <Section>
      {problem && (
        <p style={{ margin: 0 }}>
          <Status of="warning" label={problem.code} /> {problem.message}
        </p>
      )}
      {catalogue && (
        <span className="quiet">
          Signed by {catalogue.signed_by.publisher}, <When at={catalogue.issued_at} />; good until{' '}
          <When at={catalogue.expires_at} as="minute" />.
        </span>
      )}
    </Section>
  );
}

/** What a tenant has of a plugin of the catalogue. */
export function Installed({ of: { installed } }: { of: ListedPlugin }): ReactNode {
  if (installed === null) return <span className="quiet">not installed</span>;
  if (installed.yanked) return <Status of="taken back" tone="bad" label={`${installed.version} was taken back`} />;
  if (installed.newer !== null)
    return <Status of="newer" tone="warn" label={`${installed.version}, ${installed.newer} is newer`} />;
  return <Status of="ready" label={installed.version} />;
}
