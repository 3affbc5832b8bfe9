import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useNavigate } from '@tanstack/react-router';
import Blocks from 'lucide-react/icons/blocks';
import CornerDownRight from 'lucide-react/icons/corner-down-right';
import Search from 'lucide-react/icons/search';
import { useState, type ReactNode } from 'react';
import { useAnnex } from '../api/queries';
import { useTenant } from '../api/tenant';
import { useAt } from './go';
import { placeGroups } from './navigation';

/** Ids that have a screen, by their prefix. */
const screenOfId: Readonly<Record<string, string>> = {
  run: 'runs',
  evt: 'events',
  dlv: 'deliveries',
  plg: 'plugins',
};

/** Jumps to whatever is named: a screen, a plugin, or the id of a run, an event or a delivery. Ctrl K opens it. */
export function Palette(): ReactNode {
  const [query, setQuery] = useState('');
  const { can } = useTenant();
  const navigate = useNavigate();
  const at = useAt();
  const { data: plugins } = useAnnex('listPlugins', { query: { limit: 200 } }, { enabled: can('listPlugins') });
  const go =
    (to: string): (() => void) =>
    () =>
      void navigate({ to: at(to) });

  const [, prefix = ''] = /^([a-z]{3})_\w{10,}$/.exec(query.trim()) ?? [];
  const folder = screenOfId[prefix];
  const ids: SpotlightActionData[] = folder
    ? [
        {
          id: 'id',
          label: `Open ${query.trim()}`,
          leftSection: <CornerDownRight size={16} />,
          onClick: go(`${folder}/${query.trim()}`),
        },
      ]
    : [];
  const screens = placeGroups
    .flatMap((group) => group.places)
    .filter(({ needs }) => can(needs))
    .map(({ label, to, icon: Icon }): SpotlightActionData => ({
      id: `screen ${to}`,
      label,
      leftSection: <Icon size={16} />,
      onClick: go(to),
    }));
  const found = (plugins?.items ?? []).map((plugin): SpotlightActionData => ({
    id: plugin.id,
    label: plugin.name,
    description: plugin.slug,
    leftSection: <Blocks size={16} />,
    onClick: go(`plugins/${plugin.slug}`),
  }));
  const groups: SpotlightActionGroupData[] = [
    { group: 'Go to', actions: [...ids, ...screens] },
    ...(found.length > 0 ? [{ group: 'Plugins', actions: found }] : []),
  ];
  return (
    <Spotlight
      actions={groups}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      highlightQuery
      scrollable
      maxHeight={420}
      nothingFound="Nothing has this name. An id opens what it belongs to."
      searchProps={{
        leftSection: <Search size={18} />,
        placeholder: 'A screen, a plugin, or an id',
        'aria-label': 'A screen, a plugin, or an id',
      }}
    />
  );
}
