import type { Plugin } from '@annex/client';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import Blocks from 'lucide-react/icons/blocks';
import Upload from 'lucide-react/icons/upload';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { plural } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { InstallSample } from './sample';

/** What keeps a plugin from working as it should; empty: nothing. */
export function needsOf({ missing_secrets: secrets, permissions, degraded, status }: Plugin): string[] {
  return [
    ...(secrets.length > 0 ? [`${plural(secrets.length, 'secret')} missing`] : []),
    ...(permissions.pending.length > 0 && status !== 'installed'
      ? [`${plural(permissions.pending.length, 'permission')} to grant`]
      : []),
    ...(degraded ? ['failing'] : []),
  ];
}

const columns: readonly Column<Plugin>[] = [
  {
    label: 'Plugin',
    width: 'minmax(0, 2fr)',
    show: ({ name, description }) => (
      <>
        {name} <span className="quiet">{description && `· ${description}`}</span>
      </>
    ),
  },
  { label: 'State', width: '115px', narrow: '1rem', show: ({ status }) => <Status of={status} /> },
  { label: 'Version', width: '90px', wide: true, show: ({ version }) => <Tag>{version}</Tag> },
  {
    label: 'Needs attention',
    width: 'minmax(0, 1.2fr)',
    wide: true,
    show: (plugin) => {
      const needs = needsOf(plugin);
      return needs.length === 0 ? <span className="quiet">–</span> : <Tag tone="warn">{needs.join(', ')}</Tag>;
    },
  },
  {
    label: 'Has',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ routes, events, jobs }) => (
      <span className="quiet">
        {[
          routes.length > 0 && plural(routes.length, 'route'),
          events.length > 0 && plural(events.length, 'event'),
          jobs.length > 0 && plural(jobs.length, 'job'),
        ]
          .filter(Boolean)
          .join(', ')}
      </span>
    ),
  },
  { label: 'Changed', width: '100px', align: 'end', wide: true, show: ({ updated_at: at }) => <When at={at} /> },
];

/** The plugins of the tenant. */
export function Plugins(): ReactNode {
  const { can } = useTenant();
  const { filters } = useFilters();
  const at = useAt();
  const list = useAnnexList('listPlugins', { query: { limit: 200 } });
  const asked = filters['q']?.toLowerCase() ?? '';
  const items = list.items.filter(
    ({ name, slug, status }) =>
      `${name} ${slug}`.toLowerCase().includes(asked) && (!filters['status'] || status === filters['status']),
  );
  const install = can('uploadPlugin') && (
    <Button component={Link} to={at('plugins/install')} size="xs" leftSection={<Upload size={14} />}>
      Install a plugin
    </Button>
  );
  return (
    <Page
      title="Plugins"
      lead="Code that your tenant runs: routes, handlers of events, and jobs, each with the permissions you granted."
      actions={install}
    >
      {list.items.length > 0 && (
        <FilterBar>
          <SearchBox label="Name of a plugin" />
          <Choice name="status" label="State" options={['enabled', 'installed', 'disabled', 'failed', 'suspended']} />
        </FilterBar>
      )}
      <Section flush>
        <Rows
          label="Plugins"
          list={{ ...list, items }}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ slug }) => at(`plugins/${slug}`)}
          empty={
            list.items.length > 0 ? (
              <Empty icon={<Blocks size={22} />} title="No plugin has this name or state" />
            ) : (
              <Empty
                icon={<Blocks size={22} />}
                title="No plugin yet"
                action={
                  can('uploadPlugin') && (
                    <div className="line">
                      {install}
                      <InstallSample />
                    </div>
                  )
                }
              >
                A plugin is a ZIP with a plugin.json and TypeScript. It runs in a sandbox of its own and reaches nothing
                that you did not grant.{' '}
                {can('uploadPlugin')
                  ? 'Install yours, or begin with a sample that greets people and counts.'
                  : 'Somebody with the role admin installs one.'}
              </Empty>
            )
          }
        />
      </Section>
    </Page>
  );
}
