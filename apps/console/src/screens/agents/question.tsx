import type { Question } from '@annex/client';
import { useParams } from '@tanstack/react-router';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import type { ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex } from '../../api/queries';
import { Act } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Json } from '../../parts/code';
import { Id } from '../../parts/copy';
import classes from '../../parts/items.module.css';
import { countText } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { Attempt } from '../webhooks/attempt';
import { Decide } from './decide';
import { isOver, QuestionState } from './question-state';

/** One question: its prompt, its answer, and each request. */
export function QuestionScreen(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const result = useAnnex('getQuestion', { path: { id } }, { every: (one) => (one && isOver(one) ? false : 2000) });
  return <Loaded result={result}>{(question) => <QuestionPage question={question} />}</Loaded>;
}

function QuestionPage({ question }: { question: Question }): ReactNode {
  const { agent, event_type: type, prompt, answer, error, attempts = [] } = question;
  return (
    <Page
      title={agent}
      mark={<QuestionState of={question} />}
      lead={type === null ? 'Asked by hand or by code' : `About ${type}`}
      trail={<Go to="agents">Agents</Go>}
      actions={<Actions question={question} />}
    >
      <Columns>
        <div>
          <Section title="What is asked">
            {prompt ? (
              <pre className={classes.answer} tabIndex={0} aria-label="What is asked">
                {prompt}
              </pre>
            ) : (
              <span className="quiet">Not written yet</span>
            )}
          </Section>
          {error && (
            <Section title="Error">
              <code>{error.code}</code> {error.message}
            </Section>
          )}
          {answer !== undefined && answer !== null && (
            <Section title="Answer">
              <Json value={answer} label="answer" />
            </Section>
          )}
          {attempts.toReversed().map((attempt) => (
            <Attempt key={attempt.number} attempt={attempt} />
          ))}
        </div>
        <About question={question} />
      </Columns>
    </Page>
  );
}

function Actions({ question }: { question: Question }): ReactNode {
  const { id } = question;
  if (isOver(question))
    return (
      <Act
        call="replayQuestion"
        input={{ path: { id } }}
        cli={cli`annex agents replay ${id}`}
        icon={<RotateCcw size={14} />}
        done="It is asked again, with the same words"
      >
        Ask again
      </Act>
    );
  return (
    <>
      <Act
        call="cancelQuestion"
        input={{ path: { id } }}
        cli={cli`annex agents cancel ${id}`}
        done="It is given up"
        confirm={{ title: 'Give the question up?', text: 'The agent is told so, if it can be reached.' }}
      >
        Give up
      </Act>
      {question.waiting_for === 'approval' && <Decide question={question} />}
    </>
  );
}

function About({ question }: { question: Question }): ReactNode {
  const { id, plugin, event_id: event, run_id: run, approval, task_id: task, polls } = question;
  return (
    <Actors ids={[approval?.by ?? null]}>
      <Section title="About">
        <Facts
          of={[
            ['Question', <Id key="id">{id}</Id>],
            plugin !== null && ['Plugin', <Go to={`plugins/${plugin}`}>{plugin}</Go>],
            event !== null && ['Event', <Go to={`events/${encodeURIComponent(event)}`}>{event}</Go>],
            ['Run', <Go to={`runs/${run}`}>{run}</Go>],
            ['Came', <When key="came" at={question.created_at} as="exact" />],
            question.asked_at !== null && ['Asked', <When key="asked" at={question.asked_at} as="exact" />],
            question.answered_at !== null && ['Answered', <When key="answered" at={question.answered_at} as="exact" />],
            task !== null && ['Its task', <Id key="task">{task}</Id>],
            polls > 0 && ['Looked at', `${countText(polls)} times`],
            approval !== null && ['A yes', <Approval key="approval" of={approval} />],
          ]}
        />
      </Section>
    </Actors>
  );
}

function Approval({ of: { status, by, at, reason, expires_at: end } }: { of: NonNullable<Question['approval']> }) {
  if (status === 'pending')
    return (
      <>
        Waited for, until <When at={end} as="minute" />
      </>
    );
  return (
    <>
      {status}
      {by !== null && (
        <>
          {' '}
          by <ActorName id={by} />
        </>
      )}{' '}
      {at !== null && <When at={at} as="minute" />}
      {reason !== null && `: ${reason}`}
    </>
  );
}
