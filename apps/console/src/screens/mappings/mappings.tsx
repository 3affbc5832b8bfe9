import type { Mapping } from '@annex/client';
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import Plus from 'lucide-react/icons/plus';
import Split from 'lucide-react/icons/split';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { ListPage } from '../../parts/list-page';
import type { Column } from '../../parts/rows';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';

const columns: readonly Column<Mapping>[] = [
  { label: 'Mapping', width: 'minmax(0, 1.4fr)', show: ({ name }) => name },
  {
    label: 'Of',
    width: '140px',
    wide: true,
    show: ({ plugin }) => <Tag>{plugin ?? 'the tenant'}</Tag>,
  },
  {
    label: 'Rules',
    width: '110px',
    narrow: '84px',
    show: ({ rules, enabled_rules: on }) => (on === rules ? rules : `${on} of ${rules} on`),
  },
  { label: 'Correlations', width: '110px', wide: true, show: ({ correlations }) => correlations },
  { label: 'Version', width: '80px', wide: true, align: 'end', show: ({ version }) => version },
  { label: 'Changed', width: '105px', narrow: '84px', align: 'end', show: ({ updated_at: at }) => <When at={at} /> },
];

/** What events become: the tenant's own mappings, and those of packages. */
export function Mappings(): ReactNode {
  const { can } = useTenant();
  const navigate = useNavigate();
  const at = useAt();
  const list = useAnnexList('listMappings', { query: { limit: 100 } });
  const add = can('setMapping') && (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={() => void navigate({ to: at('new-mapping') })}>
      New mapping
    </Button>
  );
  return (
    <ListPage
      title="Mappings"
      lead="What events become, which of them are one alert, and what follows when several come together."
      add={add}
      list={list}
      columns={columns}
      idOf={({ name }) => name}
      linkTo={({ name }) => at(`mappings/${encodeURIComponent(name)}`)}
      none={{
        icon: <Split size={22} />,
        title: 'Events stay as they come',
        text: (
          <>
            A mapping renames them, adds a severity and tags, and counts those of one key as one alert. Packages bring
            theirs as <code>mappings/*.yaml</code>.
          </>
        ),
      }}
    />
  );
}
