import type { Plugin } from '@annex/client';
import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import Power from 'lucide-react/icons/power';
import RefreshCw from 'lucide-react/icons/refresh-cw';
import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import type { Name } from '@annex/client';
import { cli } from '../../api/commands';
import { useAnnex, useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Loaded, Page, Waiting } from '../../parts/page';
import { Status, Tag } from '../../parts/status';
import { Go, useAt } from '../../shell/go';
import { Attention } from './attention';
import { Remove } from './remove';

/** What every tab of a plugin's page is given. */
export interface TabProps {
  plugin: Plugin;
}

interface Tab {
  value: string;
  label: string;
  needs: Name;
  content: ComponentType<TabProps>;
  /** Whether it is there for plugins that have sources only. */
  ofSources?: boolean;
}

const tabs: readonly Tab[] = [
  { value: 'overview', label: 'Overview', needs: 'getPlugin', content: lazy(() => import('./tabs/overview')) },
  { value: 'jobs', label: 'Jobs', needs: 'listPluginJobs', content: lazy(() => import('./tabs/jobs')) },
  { value: 'routes', label: 'Routes', needs: 'getPlugin', content: lazy(() => import('./tabs/routes')) },
  {
    value: 'sources',
    label: 'Sources',
    needs: 'listSources',
    content: lazy(() => import('./tabs/sources')),
    ofSources: true,
  },
  { value: 'logs', label: 'Logs', needs: 'listPluginLogs', content: lazy(() => import('./tabs/logs')) },
  { value: 'settings', label: 'Settings', needs: 'getPluginConfig', content: lazy(() => import('./tabs/settings')) },
  { value: 'secrets', label: 'Secrets', needs: 'listDeclaredSecrets', content: lazy(() => import('./tabs/secrets')) },
  {
    value: 'permissions',
    label: 'Permissions',
    needs: 'getPluginPermissions',
    content: lazy(() => import('./tabs/permissions')),
  },
  { value: 'releases', label: 'Releases', needs: 'listReleases', content: lazy(() => import('./tabs/releases')) },
  { value: 'kv', label: 'Stored values', needs: 'listKv', content: lazy(() => import('./tabs/kv')) },
];

/** States that pass by themselves. */
const passing = ['starting', 'uninstalling'];

/** One plugin: what it is, what it does, and what it may do. */
export function PluginScreen(): ReactNode {
  const { slug = '', tab = 'overview' } = useParams({ strict: false }) as { slug?: string; tab?: string };
  const result = useAnnex(
    'getPlugin',
    { path: { id: slug } },
    { every: (plugin) => (plugin && (plugin.upgrade || passing.includes(plugin.status)) ? 1000 : false) },
  );
  return <Loaded result={result}>{(plugin) => <PluginPage plugin={plugin} tab={tab} />}</Loaded>;
}

function PluginPage({ plugin, tab }: { plugin: Plugin; tab: string }): ReactNode {
  const navigate = useNavigate();
  const at = useAt();
  const { can } = useTenant();
  const sources = useAnnexList('listSources', { query: { limit: 200 } }, { enabled: can('listSources') });
  // One that was asked for stays open while that is found out.
  const hasSources = tab === 'sources' || sources.items.some(({ plugin: slug }) => slug === plugin.slug);
  const open = tabs.filter(({ needs, ofSources = false }) => can(needs) && (hasSources || !ofSources));
  const shown = open.find(({ value }) => value === tab) ?? open[0];
  const Content = shown?.content;
  return (
    <Page
      title={plugin.name}
      mark={
        <>
          <Status of={plugin.status} />
          <Tag>{plugin.version}</Tag>
        </>
      }
      lead={plugin.description}
      trail={<Go to="plugins">Plugins</Go>}
      actions={<PluginActions plugin={plugin} />}
    >
      <Attention plugin={plugin} />
      <Tabs
        value={shown?.value ?? null}
        onChange={(value) =>
          void navigate({ to: at(`plugins/${plugin.slug}${value === 'overview' ? '' : `/${value ?? ''}`}`) })
        }
        keepMounted={false}
      >
        <Tabs.List style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
          {open.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {shown && Content && (
          <Tabs.Panel value={shown.value} pt="lg">
            <Suspense fallback={<Waiting />}>
              <div className="stack">
                <Content plugin={plugin} />
              </div>
            </Suspense>
          </Tabs.Panel>
        )}
      </Tabs>
    </Page>
  );
}

function PluginActions({ plugin }: { plugin: Plugin }): ReactNode {
  const path = { id: plugin.slug };
  const isOn = plugin.status === 'enabled';
  return (
    <>
      {isOn && (
        <Act
          call="reloadPlugin"
          input={{ path }}
          icon={<RefreshCw size={14} />}
          done={`${plugin.name} starts with fresh code and empty memory`}
        >
          Reload
        </Act>
      )}
      {isOn ? (
        <Act
          call="disablePlugin"
          input={{ path }}
          cli={cli`annex plugins disable ${plugin.slug}`}
          icon={<Power size={14} />}
          done={`${plugin.name} is disabled`}
          confirm={{
            title: `Disable ${plugin.name}?`,
            text:
              'Its routes answer 409, and its events and jobs wait or are skipped until it is enabled again. ' +
              'Settings, secrets and stored values stay.',
          }}
        >
          Disable
        </Act>
      ) : (
        !passing.includes(plugin.status) && (
          <Act
            call="enablePlugin"
            input={{ path, body: {} }}
            cli={cli`annex plugins enable ${plugin.slug}`}
            icon={<Power size={14} />}
            variant="filled"
            done={`${plugin.name} is enabled`}
          >
            Enable
          </Act>
        )
      )}
      <Remove plugin={plugin} />
    </>
  );
}
