import type { SavedView } from '@annex/client';
import { ActionIcon, Button, Checkbox, Menu, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import Bookmark from 'lucide-react/icons/bookmark';
import Trash from 'lucide-react/icons/trash-2';
import { useState, type ReactNode } from 'react';
import { useAnnexList, useCall } from '../api/queries';
import { useTenant } from '../api/tenant';
import { useFilters, type Filters } from './filters';
import { Act, CopyAs } from './act';
import { notifyDone, Problem } from './problem';
import classes from './saved-views.module.css';

interface View {
  name: string;
  filters: Filters;
}

/** Filters under a name: those that the tenant shares, and the reader's own, which stay in this browser. */
export function SavedViews({ of }: { of: SavedView['list'] }): ReactNode {
  const { slug, can } = useTenant();
  const { filters } = useFilters();
  const navigate = useNavigate();
  const shared = useAnnexList('listViews', { query: { list: of, limit: 100 } }, { enabled: can('listViews') });
  const [own, setOwn] = useLocalStorage<View[]>({ key: `annex-views-${slug}-${of}`, defaultValue: [] });
  const [leaving, setLeaving] = useState<string>();
  const hasFilters = Object.keys(filters).length > 0;
  if (own.length + shared.items.length === 0 && !hasFilters) return null;
  const open = (view: View): void => void navigate({ to: '.', search: view.filters as never });
  return (
    <Menu closeOnItemClick={false} width={280}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<Bookmark size={14} />}>
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Group
          label="Everybody’s"
          views={shared.items}
          onOpen={open}
          onDelete={can('deleteView') ? ({ name }) => setLeaving(name) : undefined}
        />
        {leaving !== undefined && (
          <div className={classes.keep}>
            <span>
              Delete <strong>{leaving}</strong> for everybody of the tenant?
            </span>
            <div className="line">
              <Act
                call="deleteView"
                input={{ path: { list: of, name: leaving } }}
                color="red"
                variant="filled"
                done={`${leaving} is deleted`}
                onDone={() => setLeaving(undefined)}
              >
                Delete it
              </Act>
              <Button size="xs" variant="default" onClick={() => setLeaving(undefined)}>
                Leave it
              </Button>
            </div>
          </div>
        )}
        <Group
          label="In this browser"
          views={own}
          onOpen={open}
          onDelete={(view) => setOwn(own.filter((other) => other !== view))}
        />
        {hasFilters && (
          <Keep
            of={of}
            filters={filters}
            onOwn={(name) => setOwn([...own.filter((view) => view.name !== name), { name, filters }])}
          />
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Group({
  label,
  views,
  onOpen,
  onDelete,
}: {
  label: string;
  views: readonly View[];
  onOpen: (view: View) => void;
  /** Default: nobody may. */
  onDelete: ((view: View) => void) | undefined;
}): ReactNode {
  if (views.length === 0) return null;
  return (
    <>
      <Menu.Label>{label}</Menu.Label>
      {views.map((view) => (
        <div key={view.name} className={classes.view}>
          <Menu.Item onClick={() => onOpen(view)}>{view.name}</Menu.Item>
          {onDelete && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Delete the view ${view.name}`}
              onClick={() => onDelete(view)}
            >
              <Trash size={14} />
            </ActionIcon>
          )}
        </div>
      ))}
    </>
  );
}

/** Keeps the filters that are set. */
function Keep({
  of,
  filters,
  onOwn,
}: {
  of: SavedView['list'];
  filters: Filters;
  onOwn: (name: string) => void;
}): ReactNode {
  const { can } = useTenant();
  const [typed, setTyped] = useState('');
  const [isShared, setShared] = useState(false);
  const save = useCall('setView');
  const name = typed.trim();
  const input = { path: { list: of, name }, body: { filters: filters as Record<string, string> } };
  const kept = (): void => {
    notifyDone(`${name} is kept`);
    setTyped('');
  };
  return (
    <form
      className={classes.keep}
      onSubmit={(event) => {
        event.preventDefault();
        if (name === '') return;
        if (isShared) save.mutate(input, { onSuccess: kept });
        else {
          onOwn(name);
          kept();
        }
      }}
    >
      <TextInput
        size="xs"
        label="Keep these filters as"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maxLength={60}
      />
      {can('setView') && (
        <Checkbox
          size="xs"
          label="For everybody of the tenant"
          checked={isShared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
      )}
      {save.error && <Problem error={save.error} />}
      <div className="line">
        <Button type="submit" size="xs" loading={save.isPending} disabled={name === ''}>
          Keep
        </Button>
        {isShared && name !== '' && <CopyAs call="setView" input={input} label="Keep" />}
      </div>
    </form>
  );
}
