import type { ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../../api/queries';
import { RunsChart } from '../../../parts/runs-chart';
import { Columns, Facts, Section } from '../../../parts/page';
import { Status } from '../../../parts/status';
import { lengthOf, When } from '../../../parts/when';
import { Go } from '../../../shell/go';
import { RecentRuns } from '../../runs/recent-runs';
import type { TabProps } from '../plugin';

/** What a plugin has done of late, and what it has. */
export default function OverviewTab({ plugin }: TabProps): ReactNode {
  const recent = useAnnexList('listRuns', { query: { plugin: plugin.slug, limit: 8 } });
  const { data: metrics } = useAnnex('getPluginMetrics', { path: { id: plugin.slug }, query: {} });
  const { data: health } = useAnnex('getPluginsHealth', { query: {} });
  const line = health?.items.find(({ slug }) => slug === plugin.slug);
  return (
    <Columns>
      <div>
        <Section title="Runs in the last 24 hours">
          <RunsChart plugin={plugin.slug} span="24h" />
        </Section>
        <Section
          title="Latest runs"
          flush
          actions={
            <Go to="runs" search={{ plugin: plugin.slug }}>
              All of its runs
            </Go>
          }
        >
          <RecentRuns runs={recent.items} isLoading={recent.isLoading} />
        </Section>
      </div>
      <div>
        <Section title="About">
          <Facts
            of={[
              ['Slug', <code key="slug">{plugin.slug}</code>],
              line && ['Health', <Status key="health" of={line.status} />],
              ['Installed', <When key="at" at={plugin.created_at} as="exact" />],
              ['Changed', <When key="at" at={plugin.updated_at} as="exact" />],
              metrics?.wall_ms
                ? [
                    'Takes',
                    `${lengthOf(metrics.wall_ms.p50)} half of the time, ${lengthOf(metrics.wall_ms.p95)} at p95`,
                  ]
                : undefined,
              ['Permissions', plugin.permissions.granted.join(', ') || 'none'],
              plugin.events.length > 0 && ['Events', plugin.events.join(', ')],
              plugin.jobs.length > 0 && ['Jobs', plugin.jobs.map(({ name }) => name).join(', ')],
              plugin.routes.length > 0 && ['Routes', String(plugin.routes.length)],
              ['Log level', plugin.log_level],
            ]}
          />
        </Section>
      </div>
    </Columns>
  );
}
