import type { Agent, Question } from '@annex/client';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Bot from 'lucide-react/icons/bot';
import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Items } from '../../parts/items';
import classes from '../../parts/items.module.css';
import { Page, Section } from '../../parts/page';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { AskNow } from './ask-now';
import { Decide } from './decide';
import { Questions } from './questions';

/** Whom plugins ask about events, what was asked, and what waits for somebody's yes. */
export function Agents(): ReactNode {
  return (
    <Page
      title="Agents"
      lead="Whom plugins ask about events. An agent works for seconds or days; what it says becomes an event."
    >
      <ForApproval />
      <Those />
      <Questions />
    </Page>
  );
}

function ForApproval(): ReactNode {
  const list = useAnnexList('listQuestions', { query: { waiting_for: 'approval', limit: 50 } }, { every: 5000 });
  if (list.items.length === 0) return null;
  return (
    <Section title="Waiting for a yes" lead="None of these is asked before an admin agrees" flush>
      <Items list={list}>{(question) => <ToApprove key={question.id} question={question} />}</Items>
    </Section>
  );
}

function ToApprove({ question }: { question: Question }): ReactNode {
  const { can } = useTenant();
  return (
    <div className={classes.item} role="group" aria-label={`${question.agent} waits for a yes`}>
      <div>
        <div className={classes.name}>
          <strong>{question.agent}</strong>
          {question.plugin !== null && <Tag>{question.plugin}</Tag>}
          {question.event_type !== null && <code>{question.event_type}</code>}
        </div>
        <p>
          Came <When at={question.created_at} />, can be answered until{' '}
          <When at={question.approval?.expires_at} as="minute" />.{' '}
          {can('getQuestion') && <Go to={`questions/${question.id}`}>What would be asked</Go>}
        </p>
      </div>
      <Decide question={question} />
    </div>
  );
}

function Those(): ReactNode {
  const list = useAnnexList('listAgents', { query: { limit: 100 } }, { every: 10_000 });
  return (
    <Section title="Agents" flush>
      <Items
        list={list}
        none={
          <Empty icon={<Bot size={22} />} title="Nobody is asked">
            A package says who is asked about which events, in <code>agents/*.yaml</code>: an agent that speaks A2A, or
            the tenant’s language model.
          </Empty>
        }
      >
        {(agent) => <AgentItem key={agent.id} agent={agent} />}
      </Items>
    </Section>
  );
}

function AgentItem({ agent }: { agent: Agent }): ReactNode {
  const [isAsking, asking] = useDisclosure();
  const { can } = useTenant();
  const { id, name, plugin, protocol, status, reason, events, approval, description, failing_since: since } = agent;
  return (
    <div className={classes.item} role="group" aria-label={name}>
      <div>
        <div className={classes.name}>
          <Status of={status} />
          <strong>{name}</strong>
          <Tag>{protocol === 'llm' ? 'language model' : 'A2A'}</Tag>
          {approval === 'required' && <Tag tone="warn">after a yes</Tag>}
        </div>
        {description !== null && <p>{description}</p>}
        <p>
          Of <Go to={`plugins/${plugin}`}>{plugin}</Go>, asked{' '}
          {events.length === 0 ? 'by its code only' : <>about {events.join(', ')}</>} ·{' '}
          <Go to="agents" search={{ agent: name }}>
            what it was asked
          </Go>
        </p>
        {reason !== null && <p>{reason}</p>}
        {since !== null && (
          <p>
            Its requests fail since <When at={since} />.
          </p>
        )}
      </div>
      <div className={classes.actions}>
        {can('testAgent') && status === 'enabled' && (
          <Button variant="default" size="xs" onClick={asking.open}>
            Ask it now
          </Button>
        )}
        {status === 'disabled' ? (
          <Act call="enableAgent" input={{ path: { id } }} done={`${name} is asked again`}>
            Enable
          </Act>
        ) : (
          <Act
            call="disableAgent"
            input={{ path: { id } }}
            done={`${name} is asked nothing`}
            confirm={{ title: `Disable ${name}?`, text: 'Questions that come meanwhile are skipped.' }}
          >
            Disable
          </Act>
        )}
      </div>
      {isAsking && <AskNow agent={agent} onClose={asking.close} />}
    </div>
  );
}
