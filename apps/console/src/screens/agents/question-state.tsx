import type { Question } from '@annex/client';
import type { ReactNode } from 'react';
import { Status } from '../../parts/status';

/** How far a question is, in words that say who has to do something. */
export function QuestionState({ of: { status, waiting_for: waits, state } }: { of: Question }): ReactNode {
  if (waits === 'approval') return <Status of="kept" label="waits for a yes" />;
  if (waits === 'agent')
    return <Status of="asked" tone="busy" label={state === null ? 'the agent works' : `the agent: ${state}`} />;
  return <Status of={status} label={status === 'succeeded' ? 'answered' : status} />;
}

/** Whether nobody has to do anything any more. */
export function isOver({ status }: Question): boolean {
  return ['succeeded', 'failed', 'cancelled', 'skipped'].includes(status);
}
