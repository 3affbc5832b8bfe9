import type { KvEntry } from '@annex/client';
import { Modal } from '@mantine/core';
import Database from 'lucide-react/icons/database';
import { useState, type ReactNode } from 'react';
import { cli } from '../../../api/commands';
import { useAnnex, useAnnexList } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { Json } from '../../../parts/code';
import { Empty } from '../../../parts/empty';
import { FilterBar, SearchBox, useFilters } from '../../../parts/filters';
import { bytesText } from '../../../parts/numbers';
import { Loaded, Section } from '../../../parts/page';
import { Rows, type Column } from '../../../parts/rows';
import { When } from '../../../parts/when';
import type { TabProps } from '../plugin';
import { Button } from '@mantine/core';

/** What a plugin keeps with `ctx.kv`. */
export default function KvTab({ plugin }: TabProps): ReactNode {
  const { filters } = useFilters();
  const { can } = useTenant();
  const [open, setOpen] = useState<string>();
  const prefix = filters['q'];
  const list = useAnnexList('listKv', { path: { id: plugin.slug }, query: { limit: 200, ...(prefix && { prefix }) } });
  const columns: readonly Column<KvEntry>[] = [
    { label: 'Key', width: 'minmax(0, 2fr)', show: ({ key }) => <code>{key}</code> },
    { label: 'Size', width: '90px', align: 'end', wide: true, show: ({ size }) => bytesText(size) },
    { label: 'Goes', width: '110px', wide: true, show: ({ expires_at: at }) => <When at={at} none="never" /> },
    { label: 'Changed', width: '110px', wide: true, show: ({ updated_at: at }) => <When at={at} /> },
    {
      label: 'Value',
      width: '80px',
      align: 'end',
      show: ({ key }) =>
        can('getKv') && (
          <Button variant="subtle" size="compact-xs" onClick={() => setOpen(key)}>
            Show
          </Button>
        ),
    },
  ];
  return (
    <>
      <FilterBar>
        <SearchBox label="Beginning of a key" />
      </FilterBar>
      <Section flush>
        <Rows
          label="Stored values"
          list={list}
          columns={columns}
          idOf={({ key }) => key}
          empty={
            <Empty icon={<Database size={22} />} title="It has stored nothing">
              What the plugin keeps with <code>ctx.kv.set</code> is listed here.
            </Empty>
          }
        />
      </Section>
      {open !== undefined && <Stored slug={plugin.slug} name={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Stored({ slug, name, onClose }: { slug: string; name: string; onClose: () => void }): ReactNode {
  const path = { id: slug, path: name };
  const result = useAnnex('getKv', { path });
  return (
    <Modal opened onClose={onClose} size="lg" title={<code>{name}</code>}>
      <Loaded result={result}>
        {({ value }) => (
          <div className="stack">
            <Json value={value} label="value" />
            <Act
              call="deleteKv"
              input={{ path }}
              cli={cli`annex kv rm ${slug} ${name}`}
              done={`${name} is gone`}
              onDone={onClose}
              confirm={{ title: `Delete ${name}?`, text: 'The plugin loses the value. It cannot be had back.' }}
            >
              Delete
            </Act>
          </div>
        )}
      </Loaded>
    </Modal>
  );
}
