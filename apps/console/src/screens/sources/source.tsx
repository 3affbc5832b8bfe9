import type { Source } from '@annex/client';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Json } from '../../parts/code';
import { Id } from '../../parts/copy';
import { countText } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { addressOf, lagText, SourceState } from './source-state';
import { Steer } from './steer';
import { TestSource } from './test-source';

/** One source: how it does, where it stands, and what it would give now. */
export function SourceScreen(): ReactNode {
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const result = useAnnex('getSource', { path: { name } }, { every: 3000 });
  return <Loaded result={result}>{(source) => <SourcePage key={source.name} source={source} />}</Loaded>;
}

function SourcePage({ source }: { source: Source }): ReactNode {
  const { can } = useTenant();
  const { name, type, plugin, state, reason, last_error: error, cursor } = source;
  const isPolled = type === 'poll';
  return (
    <Page
      title={name}
      mark={
        <>
          <SourceState of={state} />
          <Tag>{type}</Tag>
        </>
      }
      lead={reason}
      trail={
        <>
          <Go to="sources">Sources</Go>
          {plugin !== null && (
            <>
              {' '}
              / <Go to={`plugins/${plugin}/sources`}>{plugin}</Go>
            </>
          )}
        </>
      }
      actions={<Steer source={source} />}
    >
      <Columns>
        <div>
          {error && (
            <Section title="Last error">
              <p style={{ margin: 0 }}>
                <code>{error.code}</code> {error.message}
              </p>
              <p className="quiet">
                <When at={error.at} as="exact" />
                {error.run_id !== null && (
                  <>
                    {' · '}
                    <Go to={`runs/${error.run_id}`}>its run</Go>
                  </>
                )}
              </p>
            </Section>
          )}
          {isPolled && can('testSource') && <TestSource name={name} />}
          {source.path === null && (
            <Section title="Cursor" lead="Where it goes on">
              {cursor === null ? (
                <span className="quiet">At the beginning</span>
              ) : (
                <Json value={cursor} label="cursor" />
              )}
            </Section>
          )}
          {Object.keys(source.with).length > 0 && (
            <Section title="Connection" lead="As it was written">
              <Json value={source.with} label="connection" />
            </Section>
          )}
        </div>
        <About source={source} />
      </Columns>
    </Page>
  );
}

function About({ source }: { source: Source }): ReactNode {
  const { counts, plugin, type, restarts, schedule, last_run: run } = source;
  const address = addressOf(source);
  return (
    <div>
      <Section title="About">
        <Facts
          of={[
            ['Took last', lagText(source)],
            ['Last event', <When key="event" at={source.last_event_at} none="none yet" />],
            source.next_at !== null && ['Next', <When key="next" at={source.next_at} as="exact" />],
            schedule !== null && ['Schedule', <code key="schedule">{`${schedule} ${source.timezone ?? ''}`}</code>],
            address !== undefined && [
              'Others send to',
              <Id key="address" what="address">
                {address}
              </Id>,
            ],
            counts !== null && ['Events', countText(counts.events)],
            counts !== null && ['Seen before', countText(counts.duplicates)],
            counts !== null && [
              'Rejected',
              counts.rejected === 0 ? (
                '0'
              ) : (
                <Go key="rejected" to="events" search={{ status: 'rejected' }}>
                  {countText(counts.rejected)}
                </Go>
              ),
            ],
            source.path === null && type !== 'poll' && ['Broke within an hour', countText(restarts)],
            source.owner !== null && ['Held by', <Id key="owner">{source.owner}</Id>],
            ['May emit', <code key="events">{source.events.join(', ')}</code>],
            source.require.length > 0 && ['Must have', <code key="require">{source.require.join(', ')}</code>],
            run !== null && [
              'Last run',
              <Go key="run" to={`runs/${run.id}`}>
                <Status of={run.status} />
              </Go>,
            ],
            plugin !== null && [
              'Runs',
              <Go key="runs" to="runs" search={{ kind: 'source', plugin }}>
                of its plugin’s sources
              </Go>,
            ],
          ]}
        />
      </Section>
    </div>
  );
}
