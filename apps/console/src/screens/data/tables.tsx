import type { Table } from '@annex/client';
import Table2 from 'lucide-react/icons/table-2';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { bytesText, countText } from '../../parts/numbers';
import { Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';

const columns: readonly Column<Table>[] = [
  { label: 'Table', width: 'minmax(0, 1fr)', show: ({ name }) => <code>{name}</code> },
  {
    label: 'Kind',
    width: '130px',
    show: ({ kind, read_only: fixed }) => (
      <>
        <Tag>{kind}</Tag> {fixed && <Tag>read only</Tag>}
      </>
    ),
  },
  { label: 'Made', width: '110px', align: 'end', wide: true, show: ({ created_at: at }) => <When at={at} /> },
];

/** The tables that plugins and the API write to. */
export function Tables(): ReactNode {
  const at = useAt();
  const result = useAnnex('listTables', { query: {} });
  return (
    <Page title="Tables" lead="Rows that plugins keep with ctx.db and your systems with the API.">
      <Loaded result={result}>
        {({ items, usage, limits }) => (
          <>
            <p className="quiet" style={{ margin: 0 }}>
              {countText(usage.rows)} of {countText(limits.rows)} rows, {bytesText(usage.bytes)} of{' '}
              {bytesText(limits.bytes)}
            </p>
            <Section flush>
              <Rows
                label="Tables"
                list={{ items, isLoading: false, error: null }}
                columns={columns}
                idOf={({ name }) => name}
                linkTo={({ name }) => at(`data/${name}`)}
                empty={
                  <Empty icon={<Table2 size={22} />} title="No table yet">
                    The first <code>ctx.db.insert(&apos;orders&apos;, row)</code> of a plugin makes one.
                  </Empty>
                }
              />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
