import type { LogLine } from '@annex/client';
import { Switch } from '@mantine/core';
import ScrollText from 'lucide-react/icons/scroll-text';
import { useEffect, useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, SearchBox, useFilters } from '../../parts/filters';
import { LogLines } from '../../parts/log-lines';
import { Section, Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { SavedViews } from '../../parts/saved-views';

/** Lines that the page keeps: older ones are a filter away. */
const maxLines = 5000;

/** The log of one plugin: what there is, and what comes. */
export function LogScreen({ slug }: { slug: string }): ReactNode {
  const { filters } = useFilters();
  const [isLive, setLive] = useState(true);
  const query = { ...(filters['level'] && { level: filters['level'] }), ...(filters['q'] && { q: filters['q'] }) };
  const past = useAnnexList('listPluginLogs', { path: { id: slug }, query: { ...query, limit: 200 } });
  const { lines, error } = useLiveLines({ slug, query, isOn: isLive });
  const known = new Set(past.items.map(({ id }) => id));
  const all = [...past.items.toReversed(), ...lines.filter(({ id }) => !known.has(id))].slice(-maxLines);
  return (
    <>
      <div className="line" style={{ justifyContent: 'space-between' }}>
        <FilterBar>
          <SearchBox label="Words in the log" />
          <Choice
            name="level"
            label="Level"
            options={[
              { value: 'error', label: 'error' },
              { value: 'warn,error', label: 'warn and worse' },
              { value: 'info,warn,error', label: 'info and worse' },
              { value: 'debug', label: 'debug' },
            ]}
          />
          <SavedViews of="logs" />
        </FilterBar>
        <div className="line">
          <Switch label="Live" checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
          <CopyAs
            call="listPluginLogs"
            input={{ path: { id: slug }, query }}
            cli={cli`annex logs ${slug} -f`}
            label="This log"
          />
        </div>
      </div>
      {(past.error ?? error) && <Problem error={past.error ?? error} onRetry={past.reload} />}
      <Section flush>
        {past.isLoading && <Waiting />}
        <LogLines lines={all} isLive />
        {!past.isLoading && all.length === 0 && (
          <Empty icon={<ScrollText size={22} />} title="Nothing was written">
            Lines of <code>ctx.log</code> and <code>console</code> come here, as they are written.
          </Empty>
        )}
      </Section>
    </>
  );
}

/** Lines that came since the screen was opened; a connection that breaks is made again where it was. */
function useLiveLines({ slug, query, isOn }: { slug: string; query: { level?: string; q?: string }; isOn: boolean }): {
  lines: LogLine[];
  error: Error | undefined;
} {
  const { annex } = useTenant();
  const { level, q } = query;
  const [lines, setLines] = useState<LogLine[]>([]);
  const [error, setError] = useState<Error>();
  useEffect(() => {
    setLines([]);
    setError(undefined);
    if (!isOn) return undefined;
    const ending = new AbortController();
    const follow = async (): Promise<void> => {
      const asked = { ...(level && { level }), ...(q && { q }) };
      const stream = annex.follow('streamPluginLogs', { path: { id: slug }, query: asked, signal: ending.signal });
      for await (const line of stream) setLines((before) => [...before, line].slice(-maxLines));
    };
    follow().catch((thrown: unknown) => {
      if (!ending.signal.aborted) setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    });
    return () => ending.abort();
  }, [annex, slug, level, q, isOn]);
  return { lines, error };
}
