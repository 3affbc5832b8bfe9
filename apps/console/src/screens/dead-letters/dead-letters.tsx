import type { DeadLetterReplay, Run } from '@annex/client';
import { Checkbox, Progress } from '@mantine/core';
import MailX from 'lucide-react/icons/mail-x';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import { useState, type ReactNode } from 'react';
import { flagsOf } from '../../api/commands';
import { useAnnex, useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, sinceOf, SpanChoice, useFilters } from '../../parts/filters';
import { countText, plural } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';

/** Runs that failed for good: replay them once the cause is gone, or put them away. */
export function DeadLetters(): ReactNode {
  const { filters } = useFilters();
  const { can } = useTenant();
  const at = useAt();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { span, ...named } = filters;
  const filter = { ...named, ...(sinceOf(span) && { since: sinceOf(span) }) };
  const list = useAnnexList('listDeadLetters', { query: { ...filter, limit: 100 } as never });
  const { data: plugins } = useAnnex('listPlugins', { query: { limit: 200 } });
  const isFiltered = Object.keys(filter).length > 0;
  const ids = list.items.map(({ id }) => id).filter((id) => chosen.has(id));
  const which = (ids.length > 0 ? { ids } : isFiltered ? filter : { all: true }) as never;
  const what = ids.length > 0 ? plural(ids.length, 'dead letter') : isFiltered ? 'all of this filter' : 'all';
  const chosenText = ids.length > 0 ? ids.join(' ') : flagsOf(filters) || '--all';
  const toggle = (id: string, isOn: boolean): void =>
    setChosen((before) => new Set(isOn ? [...before, id] : [...before].filter((each) => each !== id)));
  const columns: readonly Column<Run>[] = [
    {
      label: 'Run',
      width: 'minmax(0, 1.5fr)',
      show: (run) => (
        <>
          {run.plugin ?? 'webhook'} <span className="quiet">· {run.name}</span>
        </>
      ),
    },
    ...(can('replayDeadLetters') ? [chooser(chosen, toggle)] : []),
    { label: 'Kind', width: '90px', wide: true, show: ({ kind }) => <Tag>{kind}</Tag> },
    {
      label: 'What happened',
      width: 'minmax(0, 2fr)',
      wide: true,
      show: ({ error }) => (
        <span title={error?.message}>
          <code>{error?.code}</code> <span className="quiet">{error?.message}</span>
        </span>
      ),
    },
    { label: 'Failed', width: '105px', align: 'end', show: ({ finished_at: time }) => <When at={time} /> },
  ];
  return (
    <Page
      title="Dead letters"
      lead="Events, jobs and webhooks whose every attempt failed. Mend the cause, then replay them."
      actions={
        list.items.length > 0 && (
          <>
            <Act
              call="discardDeadLetters"
              input={{ body: which }}
              cli={`annex dead-letters discard ${chosenText}`}
              done={({ discarded }) => `${countText(discarded)} put away`}
              onDone={() => setChosen(new Set())}
              confirm={{
                title: `Put ${what} away?`,
                text: 'They stay in the list of runs, and are dead letters no longer. None of them is tried again.',
              }}
            >
              {ids.length > 0 ? 'Put away' : 'Put all away'}
            </Act>
            <Act
              call="replayDeadLetters"
              input={{ body: which }}
              cli={`annex dead-letters replay ${chosenText}`}
              variant="filled"
              icon={<RotateCcw size={14} />}
              done={({ total }) => `${countText(total)} run again`}
              onDone={() => setChosen(new Set())}
            >
              {ids.length > 0 ? `Replay ${ids.length}` : 'Replay all'}
            </Act>
          </>
        )
      }
    >
      <FilterBar>
        <Choice name="plugin" label="Plugin" options={(plugins?.items ?? []).map(({ slug }) => slug)} />
        <Choice name="kind" label="Kind" options={['event', 'job', 'webhook', 'lifecycle']} />
        <SpanChoice />
      </FilterBar>
      <Replays />
      <Section flush>
        <Rows
          label="Dead letters"
          list={list}
          columns={columns}
          idOf={({ id }) => id}
          linkTo={({ id }) => at(`runs/${id}`)}
          empty={
            <Empty icon={<MailX size={22} />} title="Nothing waits here">
              What fails is tried again by itself. Only what fails to the end comes here, and is kept until you decide.
            </Empty>
          }
        />
      </Section>
    </Page>
  );
}

function chooser(chosen: ReadonlySet<string>, toggle: (id: string, isOn: boolean) => void): Column<Run> {
  return {
    label: 'Choose',
    width: '64px',
    show: ({ id, name }) => (
      <span style={{ position: 'relative', zIndex: 1, display: 'inline-block' }}>
        <Checkbox
          size="xs"
          checked={chosen.has(id)}
          aria-label={`Choose ${name}`}
          onChange={(event) => toggle(id, event.currentTarget.checked)}
        />
      </span>
    ),
  };
}

/** Replays that are under way: they go on behind the page. */
function Replays(): ReactNode {
  const { items } = useAnnexList('listDeadLetterReplays', { query: { limit: 5 } }, { every: 2000 });
  const running = items.filter(({ status }) => status === 'running');
  return running.map((replay) => <ReplayProgress key={replay.id} replay={replay} />);
}

function ReplayProgress({ replay }: { replay: DeadLetterReplay }): ReactNode {
  const done = replay.total - replay.remaining;
  return (
    <Section>
      <Status of="running" label={`Replaying: ${countText(done)} of ${countText(replay.total)}`} />
      <Progress value={(done / Math.max(1, replay.total)) * 100} aria-label="Replayed" mt="xs" />
    </Section>
  );
}
