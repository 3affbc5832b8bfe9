import { hookPresets } from '@annex/webhooks';
import { z } from 'zod';
import { fault, json, runStatus, time } from './shared.js';

const webhookFields = {
  id: z.string(),
  name: z.string(),
  origin: z.enum(['package', 'api']).describe('`package`: of a plugin. `api`: the tenant’s own'),
  plugin: z.string().nullable(),
  url: z
    .string()
    .describe('As it was written, placeholders included; values of the query of the tenant’s own are hidden'),
  events: z.array(z.string()),
  description: z.string().nullable(),
  status: z
    .enum(['enabled', 'disabled', 'inactive', 'blocked'])
    .describe('`inactive`: its plugin is not enabled. `blocked`: the plugin was not granted `emit_webhook`'),
  reason: z.string().nullable().describe('Why it does not send; `null` while it does'),
  headers: z.array(z.string()).describe('Names of further header fields'),
  signed: z.boolean(),
  retry: z.object({
    max_attempts: z.number().int().optional(),
    backoff: z.enum(['exponential', 'fixed']).optional(),
    initial_delay_s: z.number().optional(),
    max_delay_s: z.number().optional(),
  }),
  failures: z.number().int().describe('Attempts in a row that the endpoint did not take'),
  failing_since: time.nullable(),
  last_delivery: z.object({ id: z.string(), at: time, error: z.string().nullable() }).nullable(),
  created_at: time,
  updated_at: time,
};

export const Webhook = z.object(webhookFields).meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof Webhook>;

const secret = z.string().optional().describe('What deliveries are signed with. Shown this once');

export const NewWebhook = z.object({ ...webhookFields, secret }).meta({ id: 'NewWebhook' });
export type NewWebhook = z.infer<typeof NewWebhook>;

export const RotatedWebhook = z
  .object({ ...webhookFields, secret, previous_secret_until: time.describe('The one before signs beside it so long') })
  .meta({ id: 'RotatedWebhook' });
export type RotatedWebhook = z.infer<typeof RotatedWebhook>;

const headers = z.record(z.string(), z.string());
const shownBody = { body: z.string(), body_bytes: z.number().int(), body_truncated: z.boolean() };

export const DeliveryAttempt = z
  .object({
    number: z.number().int(),
    run_id: z.string(),
    started_at: time,
    duration_ms: z.number().nullable().describe('`null`: it is under way, or the process that made it died'),
    request: z.object({ method: z.string(), url: z.string(), headers, ...shownBody }).partial(),
    response: z.object({ status: z.number().int(), headers, ...shownBody }).nullable(),
    error: fault.nullable(),
  })
  .meta({ id: 'DeliveryAttempt' });
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

export const Delivery = z
  .object({
    id: z.string(),
    webhook: z.string(),
    webhook_id: z.string(),
    plugin: z.string().nullable(),
    event_id: z.string().nullable(),
    event_type: z.string().nullable(),
    status: runStatus,
    error: fault.nullable(),
    attempt_count: z.number().int(),
    attempts: z.array(DeliveryAttempt).optional().describe('Only with the delivery itself, not in lists'),
    next_attempt_at: time.optional(),
    waiting_for: z.string().optional(),
    run_id: z.string().describe('The run that sends it, or sent it last'),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof Delivery>;

export const ReplayedDelivery = z
  .object({ id: z.string(), delivery_id: z.string(), run_id: z.string(), status: runStatus })
  .meta({ id: 'ReplayedDelivery' });
export type ReplayedDelivery = z.infer<typeof ReplayedDelivery>;

export const TestedWebhook = z
  .object({ delivery_id: z.string(), run_id: z.string(), status: runStatus })
  .meta({ id: 'TestedWebhook' });
export type TestedWebhook = z.infer<typeof TestedWebhook>;

export const HookSource = z
  .object({
    source: z.string(),
    preset: z.enum(hookPresets),
    header: z.string().nullable().describe('Where the sender puts the signature; `null`: where the preset says'),
    tolerance_s: z.number().int(),
    url: z
      .string()
      .nullable()
      .describe('The address that the sender was given, where it is signed; `null`: the one that is called'),
    signature: json.describe('How the preset `hmac` signs'),
    cors: json.describe('Which pages of other origins may send; `null`: none'),
    require: z
      .array(z.string())
      .describe('Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody'),
    has_verify_token: z.boolean().describe('Whether the sender has to bring a `verify_token` when it asks first'),
    path: z.string().describe('Where to send: below the address of this Annex'),
    last_received_at: time.nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'HookSource', description: 'Who may send to /hooks/<tenant>/<source>' });
export type HookSource = z.infer<typeof HookSource>;
