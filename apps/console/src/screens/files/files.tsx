import type { File as StoredFile } from '@annex/client';
import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import Download from 'lucide-react/icons/download';
import FolderOpen from 'lucide-react/icons/folder-open';
import Upload from 'lucide-react/icons/upload';
import { useRef, useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act, CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { bytesText } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { notifyDone, notifyProblem } from '../../parts/problem';
import { Rows, type Column } from '../../parts/rows';
import { saveAs } from '../../parts/save-as';
import { When } from '../../parts/when';

/** The tenant's files. They are downloaded, and never opened on the console's origin. */
export function Files(): ReactNode {
  const { filters } = useFilters();
  const { annex } = useTenant();
  const prefix = filters['q'];
  const query = { limit: 200, ...(prefix && { prefix }) };
  const list = useAnnexList('listFiles', { query });
  const download = async (key: string): Promise<void> => {
    const response = await annex.getFile({ path: { path: key } });
    saveAs(key.split('/').at(-1) ?? key, await response.blob());
  };
  const columns: readonly Column<StoredFile>[] = [
    { label: 'Name', width: 'minmax(0, 2fr)', show: ({ key }) => key },
    { label: 'Size', width: '90px', align: 'end', wide: true, show: ({ size }) => bytesText(size) },
    {
      label: 'Type',
      width: '150px',
      wide: true,
      show: ({ content_type: type }) => <span className="quiet">{type}</span>,
    },
    { label: 'Changed', width: '110px', wide: true, show: ({ updated_at: at }) => <When at={at} /> },
    {
      label: 'Actions',
      width: '150px',
      align: 'end',
      show: ({ key }) => (
        <span className="line" style={{ justifyContent: 'flex-end', flexWrap: 'nowrap' }}>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`Download ${key}`}
            onClick={() => void download(key).catch(notifyProblem)}
          >
            <Download size={14} />
          </Button>
          <Act
            call="deleteFile"
            input={{ path: { path: key } }}
            cli={cli`annex files rm ${key}`}
            size="compact-xs"
            done={`${key} is deleted`}
            confirm={{ title: `Delete ${key}?`, text: 'It cannot be had back.' }}
          >
            Delete
          </Act>
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Files"
      lead="What plugins store with ctx.files and your systems with the API."
      actions={
        <>
          <CopyAs call="listFiles" input={{ query }} cli="annex files ls" label="This list" />
          <UploadFile />
        </>
      }
    >
      <FilterBar>
        <SearchBox label="Beginning of a name, such as reports/" />
      </FilterBar>
      <Section flush>
        <Rows
          label="Files"
          list={list}
          columns={columns}
          idOf={({ key }) => key}
          empty={
            <Empty icon={<FolderOpen size={22} />} title={prefix ? 'No name begins so' : 'No file yet'}>
              Upload one, or let a plugin store one: <code>ctx.files.upload(&apos;reports/june.csv&apos;, text)</code>
            </Empty>
          }
        />
      </Section>
    </Page>
  );
}

function UploadFile(): ReactNode {
  const { annex, can, slug } = useTenant();
  const client = useQueryClient();
  const chooser = useRef<HTMLInputElement>(null);
  const [done, setDone] = useState<number>();
  if (!can('putFile')) return null;
  const send = async (files: File[]): Promise<void> => {
    for (const [index, file] of files.entries()) {
      setDone((index / files.length) * 100);
      await annex.putFile({
        path: { path: file.name },
        body: file as never,
        headers: { 'content-type': file.type || 'application/octet-stream' },
        idempotencyKey: crypto.randomUUID(),
      });
    }
    notifyDone(files.length === 1 ? `${files[0]?.name ?? 'It'} is stored` : `${files.length} files are stored`);
  };
  return (
    <>
      {done !== undefined && <Progress value={done} w={120} aria-label="Uploaded" />}
      <Button
        size="xs"
        leftSection={<Upload size={14} />}
        loading={done !== undefined}
        onClick={() => chooser.current?.click()}
      >
        Upload
      </Button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          void send(files)
            .catch(notifyProblem)
            .finally(() => {
              setDone(undefined);
              void client.invalidateQueries({ queryKey: [slug, 'listFiles'] });
            });
        }}
      />
    </>
  );
}
