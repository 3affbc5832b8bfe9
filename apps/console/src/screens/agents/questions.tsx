import type { Question } from '@annex/client';
import MessageCircleQuestion from 'lucide-react/icons/message-circle-question-mark';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, useFilters } from '../../parts/filters';
import { Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';
import { QuestionState } from './question-state';

const columns: readonly Column<Question>[] = [
  {
    label: 'Question',
    width: 'minmax(0, 1.4fr)',
    show: ({ agent, event_type: type }) => (
      <>
        {agent} <span className="quiet">· {type ?? 'asked by hand or by code'}</span>
      </>
    ),
  },
  { label: 'State', width: '190px', narrow: '1rem', show: (question) => <QuestionState of={question} /> },
  {
    label: 'What happened',
    width: 'minmax(0, 2fr)',
    wide: true,
    show: ({ error, approval }) => (
      <span className="quiet" title={error?.message}>
        {error?.message ?? approval?.reason}
      </span>
    ),
  },
  { label: 'Answered', width: '105px', wide: true, align: 'end', show: ({ answered_at: at }) => <When at={at} /> },
  { label: 'Came', width: '105px', narrow: '84px', align: 'end', show: ({ created_at: at }) => <When at={at} /> },
];

const states = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped'];

/** What agents were asked, by the filters in the address. */
export function Questions(): ReactNode {
  const { filters } = useFilters();
  const { can } = useTenant();
  const at = useAt();
  const { agent, status } = filters;
  const { items: agents } = useAnnexList('listAgents', { query: { limit: 100 } }, { every: 10_000 });
  const query = { ...(agent && { agent }), ...(status && { status }), limit: 100 } as never;
  const list = useAnnexList('listQuestions', { query }, { every: 5000 });
  return (
    <>
      <FilterBar>
        <Choice name="agent" label="Agent" options={[...new Set(agents.map(({ name }) => name))]} />
        <Choice name="status" label="Status" options={states} />
      </FilterBar>
      <Section title="Questions" flush>
        <Rows
          label="Questions"
          list={list}
          columns={columns}
          idOf={({ id }) => id}
          {...(can('getQuestion') && { linkTo: ({ id }: Question) => at(`questions/${id}`) })}
          empty={
            <Empty icon={<MessageCircleQuestion size={22} />} title="Nothing was asked">
              A question comes with an event that an agent is asked about, or with <code>ctx.agents.send()</code>.
            </Empty>
          }
        />
      </Section>
    </>
  );
}
