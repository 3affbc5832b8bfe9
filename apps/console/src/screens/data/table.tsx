import type { Row } from '@annex/client';
import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import Download from 'lucide-react/icons/download';
import Plus from 'lucide-react/icons/plus';
import Upload from 'lucide-react/icons/upload';
import { useRef, useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex, useAnnexList, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act, CopyAs } from '../../parts/act';
import { JsonField, readJson } from '../../parts/code';
import { Empty } from '../../parts/empty';
import { FilterBar, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { notifyDone, notifyProblem, Problem } from '../../parts/problem';
import { Rows, type Column } from '../../parts/rows';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { exportRows, readRows } from './transfer';

/** Fields that are shown as columns; a row itself shows all. */
const maxColumns = 5;

/** One table: look, filter, change. */
export function TableScreen(): ReactNode {
  const { table = '' } = useParams({ strict: false }) as { table?: string };
  const { filters, set } = useFilters();
  const { can } = useTenant();
  const navigate = useNavigate();
  const at = useAt();
  const [edited, setEdited] = useState<Row | 'new'>();
  const [typed, setTyped] = useState(filters['filter'] ?? '');
  const { data: tables } = useAnnex('listTables', { query: {} });
  const known = tables?.items.find(({ name }) => name === table);
  const isFixed = known?.read_only ?? true;
  const query = {
    limit: 200,
    order_by: filters['order'] ?? '-created_at',
    ...(filters['filter'] && { filter: filters['filter'] }),
  };
  const list = useAnnexList('listRows', { path: { table }, query });
  return (
    <Page
      title={table}
      trail={<Go to="data">Tables</Go>}
      actions={
        <>
          <Transfer table={table} isFixed={isFixed} />
          <CopyAs
            call="listRows"
            input={{ path: { table }, query }}
            cli={cli`annex data ls ${table}`}
            label="These rows"
          />
          {!isFixed && known?.kind === 'table' && (
            <Act
              call="deleteTable"
              input={{ path: { table } }}
              done={`${table} is deleted`}
              onDone={() => void navigate({ to: at('data') })}
              confirm={{ title: `Delete ${table}?`, text: 'All of its rows go. This cannot be undone.', word: table }}
            >
              Delete the table
            </Act>
          )}
          {!isFixed && can('insertRow') && (
            <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setEdited('new')}>
              New row
            </Button>
          )}
        </>
      }
    >
      <FilterBar>
        <form
          style={{ flex: '1 1 20rem', maxWidth: '40rem' }}
          onSubmit={(event) => {
            event.preventDefault();
            set({ filter: typed || undefined });
          }}
        >
          <TextInput
            size="xs"
            className="mono"
            aria-label="Filter"
            placeholder='Filter, such as {"total": {"$gt": 100}}'
            data-search
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </form>
      </FilterBar>
      <Section flush>
        <Rows
          label={`Rows of ${table}`}
          list={list}
          columns={columnsOf(list.items, isFixed, setEdited)}
          idOf={(row) => String(row['id'])}
          empty={<Empty title={filters['filter'] ? 'No row is like that' : 'It has no rows'} />}
        />
      </Section>
      {edited !== undefined && (
        <RowEditor table={table} row={edited} isFixed={isFixed} onClose={() => setEdited(undefined)} />
      )}
    </Page>
  );
}

function columnsOf(rows: readonly Row[], isFixed: boolean, open: (row: Row) => void): Column<Row>[] {
  const own = new Set(['id', 'created_at', 'updated_at']);
  const names = [...new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row)))].filter((name) => !own.has(name));
  return [
    ...names.slice(0, maxColumns).map((name, place): Column<Row> => ({
      label: name,
      width: 'minmax(0, 1fr)',
      wide: place > 1,
      show: (row) => <Value of={row[name]} />,
    })),
    {
      label: 'created_at',
      width: '110px',
      wide: true,
      show: (row) => <When at={typeof row['created_at'] === 'string' ? row['created_at'] : null} />,
    },
    {
      label: 'Row',
      width: '70px',
      align: 'end',
      show: (row) => (
        <Button variant="subtle" size="compact-xs" onClick={() => open(row)}>
          {isFixed ? 'Show' : 'Edit'}
        </Button>
      ),
    },
  ];
}

function Value({ of }: { of: unknown }): ReactNode {
  if (of === undefined || of === null) return <span className="quiet">–</span>;
  if (typeof of === 'object') return <code>{JSON.stringify(of)}</code>;
  return String(of);
}

function RowEditor({
  table,
  row,
  isFixed,
  onClose,
}: {
  table: string;
  row: Row | 'new';
  isFixed: boolean;
  onClose: () => void;
}): ReactNode {
  const { can } = useTenant();
  const fields = row === 'new' ? {} : withoutOwn(row);
  const [text, setText] = useState(JSON.stringify(fields, null, 2));
  const insert = useCall('insertRow');
  const update = useCall('updateRow');
  const read = readJson(text);
  const id = row === 'new' ? undefined : String(row['id']);
  const after = {
    onSuccess() {
      notifyDone('The row is saved');
      onClose();
    },
  };
  const save = (): void => {
    if (!('value' in read)) return;
    const body = read.value as never;
    if (id === undefined) insert.mutate({ path: { table }, body }, after);
    else update.mutate({ path: { table, id }, body }, after);
  };
  const error = insert.error ?? update.error;
  return (
    <Modal opened onClose={onClose} size="lg" title={id === undefined ? `New row of ${table}` : id}>
      <div className="stack">
        <JsonField value={text} onChange={setText} label="Row" />
        {error && <Problem error={error} />}
        {!isFixed && can('updateRow') && (
          <Group justify="space-between">
            {id === undefined ? (
              <span />
            ) : (
              <Act
                call="deleteRow"
                input={{ path: { table, id } }}
                cli={cli`annex data rm ${table} ${id}`}
                done="The row is deleted"
                onDone={onClose}
                confirm={{ title: 'Delete this row?', text: 'It cannot be had back.' }}
              >
                Delete
              </Act>
            )}
            <Button disabled={'error' in read} loading={insert.isPending || update.isPending} onClick={save}>
              Save
            </Button>
          </Group>
        )}
      </div>
    </Modal>
  );
}

function withoutOwn({ id: _id, created_at: _made, updated_at: _changed, ...fields }: Row): Row {
  return fields;
}

/** Rows out of the table as a file, and into it from one. */
function Transfer({ table, isFixed }: { table: string; isFixed: boolean }): ReactNode {
  const { annex, can } = useTenant();
  const insert = useCall('insertRow');
  const chooser = useRef<HTMLInputElement>(null);
  const [progress, setProgress] = useState<string>();
  const bring = async (file: File): Promise<void> => {
    const rows = readRows(file.name, await file.text());
    for (const [index, row] of rows.entries()) {
      setProgress(`${index} of ${rows.length}`);
      await insert.mutateAsync({ path: { table }, body: row as never });
    }
    notifyDone(`${rows.length} rows are in ${table}`);
  };
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<Download size={14} />}
        loading={progress === 'out'}
        onClick={() => {
          setProgress('out');
          void exportRows(annex, table)
            .catch(notifyProblem)
            .finally(() => setProgress(undefined));
        }}
      >
        Export CSV
      </Button>
      {!isFixed && can('insertRow') && (
        <>
          <Button
            variant="default"
            size="xs"
            leftSection={<Upload size={14} />}
            disabled={progress !== undefined}
            onClick={() => chooser.current?.click()}
          >
            {progress !== undefined && progress !== 'out' ? progress : 'Import'}
          </Button>
          <input
            ref={chooser}
            type="file"
            hidden
            accept=".json,.csv"
            aria-label="Rows as JSON or CSV"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              event.currentTarget.value = '';
              if (file)
                void bring(file)
                  .catch(notifyProblem)
                  .finally(() => setProgress(undefined));
            }}
          />
        </>
      )}
    </>
  );
}
