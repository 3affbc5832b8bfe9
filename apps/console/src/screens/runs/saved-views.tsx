import { Button, Menu, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import Bookmark from 'lucide-react/icons/bookmark';
import Trash from 'lucide-react/icons/trash-2';
import { useState, type ReactNode } from 'react';
import { useTenant } from '../../api/tenant';
import { useFilters, type Filters } from '../../parts/filters';

interface View {
  name: string;
  filters: Filters;
}

/** Filters under a name, kept in this browser. */
export function SavedViews({ of }: { of: string }): ReactNode {
  const { slug } = useTenant();
  const { filters } = useFilters();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [views, setViews] = useLocalStorage<View[]>({ key: `annex-views-${slug}-${of}`, defaultValue: [] });
  const hasFilters = Object.keys(filters).length > 0;
  const keep = (): void => {
    if (name.trim() === '') return;
    setViews([...views.filter((view) => view.name !== name.trim()), { name: name.trim(), filters }]);
    setName('');
  };
  if (views.length === 0 && !hasFilters) return null;
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<Bookmark size={14} />}>
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown miw={220}>
        {views.map((view) => (
          <Menu.Item
            key={view.name}
            onClick={() => void navigate({ to: '.', search: view.filters as never })}
            rightSection={
              <Trash
                size={14}
                aria-label={`Delete the view ${view.name}`}
                onClick={(event) => {
                  event.stopPropagation();
                  setViews(views.filter((other) => other !== view));
                }}
              />
            }
          >
            {view.name}
          </Menu.Item>
        ))}
        {hasFilters && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              keep();
            }}
            style={{ padding: '0.5rem' }}
          >
            <TextInput
              size="xs"
              label="Keep these filters as"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              maxLength={40}
            />
          </form>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
