import type { Setting } from '@annex/client';
import { Button, Group, Modal, TextInput } from '@mantine/core';
import Plus from 'lucide-react/icons/plus';
import ListTree from 'lucide-react/icons/list-tree';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act, CopyAs } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { JsonEditor, readJson } from '../../parts/code';
import { Empty } from '../../parts/empty';
import { FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Rows, type Column } from '../../parts/rows';
import { When } from '../../parts/when';

/** The tenant's tree of settings, which plugins read and hear of. */
export function SettingsTree(): ReactNode {
  const { can } = useTenant();
  const { filters } = useFilters();
  const [edited, setEdited] = useState<Setting | 'new'>();
  const prefix = filters['q'];
  const list = useAnnexList('listSettings', { query: { limit: 200, ...(prefix && { prefix }) } }, { every: 10_000 });
  const add = can('setSetting') && (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setEdited('new')}>
      New key
    </Button>
  );
  const columns: readonly Column<Setting>[] = [
    {
      label: 'Key',
      width: 'minmax(0, 1.2fr)',
      show: (setting) => (
        <Button variant="transparent" size="compact-xs" p={0} onClick={() => setEdited(setting)}>
          <code>{setting.key}</code>
        </Button>
      ),
    },
    {
      label: 'Value',
      width: 'minmax(0, 1.6fr)',
      show: ({ value }) => <code className="quiet">{JSON.stringify(value)}</code>,
    },
    { label: 'Revision', width: '85px', wide: true, align: 'end', show: ({ revision }) => revision },
    { label: 'By', width: 'minmax(0, 1fr)', wide: true, show: ({ updated_by: by }) => <ActorName id={by} /> },
    { label: 'Changed', width: '105px', narrow: '84px', align: 'end', show: ({ updated_at: at }) => <When at={at} /> },
  ];
  return (
    <Page
      title="Settings tree"
      lead="What all plugins of the tenant may read and hear of, as keys such as dns/zones/example.org."
      actions={list.items.length > 0 && add}
    >
      <FilterBar>
        <SearchBox label="Beginning of a key" />
      </FilterBar>
      <Actors ids={list.items.map(({ updated_by: by }) => by)}>
        <Section flush>
          <Rows
            label="Settings tree"
            list={list}
            columns={columns}
            idOf={({ key }) => key}
            empty={
              <Empty
                icon={<ListTree size={22} />}
                title={prefix ? 'No key begins so' : 'The tree is empty'}
                action={add}
              >
                A plugin that names <code>watch</code> in plugin.json hears of each key that is set here.
              </Empty>
            }
          />
        </Section>
      </Actors>
      {edited !== undefined && <EditSetting setting={edited} onClose={() => setEdited(undefined)} />}
    </Page>
  );
}

function EditSetting({ setting, onClose }: { setting: Setting | 'new'; onClose: () => void }): ReactNode {
  const { can } = useTenant();
  const [key, setKey] = useState(setting === 'new' ? '' : setting.key);
  const [text, setText] = useState(setting === 'new' ? '' : JSON.stringify(setting.value, null, 2));
  const change = useCall('setSetting');
  const read = readJson(text);
  const value = 'value' in read ? read.value : undefined;
  const input = { path: { path: key }, body: { value: value as never } };
  return (
    <Modal opened size="lg" onClose={onClose} title={setting === 'new' ? 'New key' : setting.key}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(input, {
            onSuccess() {
              notifyDone(`${key} is set`);
              onClose();
            },
          });
        }}
      >
        {setting === 'new' && (
          <TextInput
            label="Key"
            placeholder="dns/zones/example.org"
            value={key}
            data-autofocus
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        )}
        <JsonEditor value={text} onChange={setText} label="Value" />
        {change.error && <Problem error={change.error} />}
        <Group justify="flex-end" gap="xs">
          {can('setSetting') && (
            <>
              <CopyAs
                call="setSetting"
                input={input}
                cli={cli`annex settings put ${key} ${text}`}
                label="Save"
                size="sm"
              />
              <Button type="submit" loading={change.isPending} disabled={key === '' || value === undefined}>
                Save
              </Button>
            </>
          )}
        </Group>
      </form>
      {/* Outside of the form: that of its question would send this one as well. */}
      {setting !== 'new' && (
        <Act
          call="deleteSetting"
          input={{ path: { path: setting.key } }}
          cli={cli`annex settings rm ${setting.key}`}
          done={`${setting.key} is gone`}
          onDone={onClose}
          confirm={{ title: `Delete ${setting.key}?`, text: 'Plugins that watch it hear that it is gone.' }}
        >
          Delete
        </Act>
      )}
    </Modal>
  );
}
