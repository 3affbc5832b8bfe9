import type { Source } from '@annex/client';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Cable from 'lucide-react/icons/cable';
import Plus from 'lucide-react/icons/plus';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { ListPage } from '../../parts/list-page';
import { countText } from '../../parts/numbers';
import type { Column } from '../../parts/rows';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { SourceForm } from './source-form';
import { lagText, SourceState } from './source-state';

const columns: readonly Column<Source>[] = [
  { label: 'Source', width: 'minmax(0, 1.2fr)', show: ({ name }) => name },
  { label: 'State', width: '105px', narrow: '1rem', show: ({ state }) => <SourceState of={state} /> },
  { label: 'Type', width: '120px', wide: true, show: ({ type }) => <Tag>{type}</Tag> },
  {
    label: 'What happened',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: ({ last_error: error, reason, state }) =>
      reason !== null || (error && state !== 'running') ? (
        <span className="quiet" title={error?.message}>
          {reason ?? error?.message}
        </span>
      ) : null,
  },
  {
    label: 'Events',
    width: '80px',
    wide: true,
    align: 'end',
    show: ({ counts }) => (counts === null ? '' : countText(counts.events)),
  },
  { label: 'Took last', width: '130px', narrow: '110px', align: 'end', show: lagText },
  { label: 'Next', width: '105px', wide: true, align: 'end', show: ({ next_at: at }) => <When at={at} /> },
];

/** Where events come from. */
export function Sources(): ReactNode {
  const { can } = useTenant();
  const at = useAt();
  const [isMaking, making] = useDisclosure();
  const list = useAnnexList('listSources', { query: { limit: 100 } }, { every: 5000 });
  const add = can('setSource') && (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
      New source
    </Button>
  );
  return (
    <ListPage
      title="Sources"
      lead="Where events come from: plugins that poll or receive, databases, Alertmanagers."
      add={add}
      list={list}
      columns={columns}
      idOf={({ name }) => name}
      linkTo={({ name }) => at(`sources/${encodeURIComponent(name)}`)}
      none={{
        icon: <Cable size={22} />,
        title: 'No source yet',
        text: (
          <>
            A plugin names its own in plugin.json under <code>sources</code>. Changes of a PostgreSQL database and an
            Alertmanager need no code: make a source here. Webhooks of others are set under Webhooks, Incoming.
          </>
        ),
      }}
    >
      {isMaking && <SourceForm onClose={making.close} />}
    </ListPage>
  );
}
