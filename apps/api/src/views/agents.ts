import { z } from 'zod';
import { fault, json, runStatus, time } from './shared.js';
import { DeliveryAttempt, Webhook } from './webhooks.js';

const { id, name, events, description, retry, failures, failing_since, created_at, updated_at } = Webhook.shape;

export const Agent = z
  .object({
    ...{ id, name },
    plugin: z.string(),
    protocol: z.enum(['a2a', 'llm']),
    url: z.string().nullable().describe('As it was written, placeholders included; `null` for `llm`'),
    events,
    where: json.describe('A filter that events must pass; `null`: each does'),
    description,
    approval: z.enum(['none', 'required']).describe('`required`: an admin says yes to each question first'),
    timeout_s: z.number().int().nullable().describe('How long it may work on a question; `null`: not known now'),
    status: z
      .enum(['enabled', 'disabled', 'inactive', 'blocked'])
      .describe('`inactive`: its plugin is not enabled. `blocked`: a permission that it needs was not granted'),
    reason: z.string().nullable().describe('Why it is not asked; `null` while it is'),
    ...{ retry, failures, failing_since },
    last_question: z.object({ id: z.string(), at: time, error: z.string().nullable() }).nullable(),
    ...{ created_at, updated_at },
  })
  .meta({ id: 'Agent', description: 'Whom a plugin asks about events' });
export type Agent = z.infer<typeof Agent>;

export const Question = z
  .object({
    id: z.string().describe('Of the delivery that asks it, and of the message that the agent gets'),
    agent: z.string(),
    agent_id: z.string(),
    plugin: z.string().nullable(),
    event_id: z.string().nullable(),
    event_type: z.string().nullable(),
    status: runStatus,
    waiting_for: z
      .string()
      .optional()
      .describe('`approval`: an admin who says yes. `agent`: the agent, which works on it. The others as of a run'),
    next_attempt_at: time.optional(),
    approval: z
      .object({
        status: z.enum(['pending', 'approved', 'rejected', 'expired']),
        expires_at: time.nullable(),
        by: z.string().nullable(),
        at: time.nullable(),
        reason: z.string().nullable(),
      })
      .nullable()
      .describe('`null`: nobody has to say yes, or it has not come so far'),
    task_id: z.string().nullable().describe('The agent’s name for it'),
    state: z.string().nullable().describe('How far the agent is, in its own words, such as `working`'),
    polls: z.number().int().describe('How often it was asked how far it is'),
    asked_at: time.nullable(),
    answered_at: time.nullable(),
    error: fault.nullable(),
    run_id: z.string(),
    created_at: time,
    finished_at: time.nullable(),
    prompt: z.string().nullable().optional().describe('What is asked; only with the question itself'),
    answer: json.optional().describe('What the agent said, secrets masked; only with the question itself'),
    attempts: z.array(DeliveryAttempt).optional().describe('Only with the question itself, not in lists'),
  })
  .meta({ id: 'Question', description: 'What an agent was asked, and what it answered' });
export type Question = z.infer<typeof Question>;

export const AskedAgent = z
  .object({ id: z.string().describe('Of the question'), run_id: z.string(), status: runStatus })
  .meta({ id: 'AskedAgent' });
export type AskedAgent = z.infer<typeof AskedAgent>;
