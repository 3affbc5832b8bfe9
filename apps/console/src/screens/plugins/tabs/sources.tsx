import Cable from 'lucide-react/icons/cable';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../../api/queries';
import { Id } from '../../../parts/copy';
import { Empty } from '../../../parts/empty';
import classes from '../../../parts/items.module.css';
import { plural } from '../../../parts/numbers';
import { Section, Waiting } from '../../../parts/page';
import { Problem } from '../../../parts/problem';
import { Tag } from '../../../parts/status';
import { Go } from '../../../shell/go';
import { addressOf, lagText, SourceState } from '../../sources/source-state';
import { Steer } from '../../sources/steer';
import type { TabProps } from '../plugin';

/** The sources of a plugin: how they do, and steering them. */
export default function SourcesTab({ plugin }: TabProps): ReactNode {
  const list = useAnnexList('listSources', { query: { limit: 200 } }, { every: 5000 });
  const sources = list.items.filter(({ plugin: slug }) => slug === plugin.slug);
  if (list.isLoading) return <Waiting />;
  if (list.error && list.items.length === 0) return <Problem error={list.error} onRetry={list.reload} />;
  return (
    <Section flush>
      {sources.length === 0 && (
        <Empty icon={<Cable size={22} />} title="It has no sources">
          A plugin names them in plugin.json under <code>sources</code>.
        </Empty>
      )}
      {sources.map((source) => (
        <div key={source.name} className={classes.item}>
          <div>
            <div className={classes.name}>
              <Go to={`sources/${encodeURIComponent(source.name)}`}>{source.name}</Go>
              <SourceState of={source.state} />
              <Tag>{source.type}</Tag>
              {source.schedule !== null && <code>{source.schedule}</code>}
            </div>
            <p>
              Took last: {lagText(source)}. {plural(source.counts?.events ?? 0, 'event')}
              {source.counts !== null && source.counts.rejected > 0 && `, ${source.counts.rejected} rejected`}.
              {source.last_error && source.state !== 'running' && ` ${source.last_error.message}`}
            </p>
            {source.path !== null && (
              <p>
                <Id what="address">{addressOf(source) ?? ''}</Id>
              </p>
            )}
          </div>
          <div className={classes.actions}>
            <Steer source={source} />
          </div>
        </div>
      ))}
    </Section>
  );
}
