import { isAnnexError, type Id } from '@annex/kernel';
import { agentLimits } from '@annex/limits';
import type { AgentTerms } from '@annex/manifest';
import type { EventBody, TextsPort } from '../ports.js';
import { failed, type WithoutEnding } from './agent-outcomes.js';

/** What a question is made of. */
export interface QuestionParts {
  run: { tenantId: Id<'tenant'> };
  agent: Pick<AgentTerms, 'prompt'>;
  event: EventBody;
  /** The question, once it was made. */
  body: Buffer | null;
  signal: AbortSignal;
}

/** The question: the template filled in with the event, or as it was made before. */
export async function makeQuestion(
  { run, agent, event, body, signal }: QuestionParts,
  texts: TextsPort,
): Promise<{ question: Buffer } | { outcome: WithoutEnding }> {
  if (body) return { question: body };
  try {
    const text = await texts.render({
      files: { 'prompt.txt': agent.prompt },
      name: 'prompt.txt',
      data: event,
      tenant: run.tenantId,
      signal,
    });
    const question = Buffer.from(text);
    if (question.length <= agentLimits.questionBytes) return { question };
    return failed(
      'DELIVERY_INVALID',
      `The prompt has ${question.length} bytes once it is filled in; the limit is ${agentLimits.questionBytes}. ` +
        'Put less of the event into it.',
    );
  } catch (thrown) {
    if (!isAnnexError(thrown)) throw thrown;
    return failed('DELIVERY_INVALID', `The prompt cannot be made of the event: ${thrown.detail}`);
  }
}
