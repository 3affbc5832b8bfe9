import { KiB, MiB } from '@annex/kernel';
import { z } from 'zod';
import { row } from '../row.js';
import { bytes, headerList, httpBody, json, jsonObject, jsonUpTo, line, optional } from '../wire.js';

/** Largest payload of an event or a job as JSON, in bytes (CONTRACT §6). */
export const maxPayloadBytes = 256 * KiB;

const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be a plugin’s slug');

/** Events, jobs and other plugins of the same tenant. */
export const flowCalls = {
  emit: row({
    args: z.tuple([
      line(200),
      jsonUpTo(json, maxPayloadBytes).nullish().transform((data) => data ?? {}),
      optional(z.strictObject({ id: line(200).optional(), subject: line(512).optional(), source: line(512).optional() })),
    ]),
    result: z.object({ event_id: z.string() }),
    meter: 'emits',
    doc: 'Puts an event into the tenant’s bus. At most 100 a run and 10 deep. The same `id` again is the same event.',
    example: "await ctx.emit('email.welcome_sent', { user_email })",
  }),
  'jobs.runNow': row({
    args: z.tuple([line(200), jsonUpTo(json, maxPayloadBytes).nullish().transform((payload) => payload ?? null)]),
    result: z.object({ run_id: z.string(), status: z.string() }),
    meter: 'job_starts',
    doc: 'Starts a job of this plugin now and answers without waiting for it.',
    example: "await ctx.jobs.runNow('rebuild', { full: true })",
  }),
  'plugins.call': row({
    args: z.tuple([
      slug,
      z.string().max(8192).startsWith('/'),
      optional(
        z.strictObject({
          method: z.string().min(1).max(32).optional(),
          headers: z.union([z.record(z.string(), z.string()), headerList]).optional(),
          query: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
          body: z.union([bytes, json]).optional(),
        }),
      ),
    ]),
    result: z.object({ status: z.int(), headers: headerList, body: httpBody.nullable() }),
    meter: 'plugin_calls',
    maxResultBytes: 14 * MiB,
    doc: 'Calls a route of a plugin named in the manifest’s `dependencies`, in the same tenant, at most 5 calls deep.',
    example: "await ctx.plugins.call('price-list', '/prices', { query: { sku } })",
  }),
};

const address = z.string().min(3).max(320);
const addresses = z.union([address, z.array(address).min(1).max(50)]);

/** What leaves the platform by other ways than HTTP. */
export const messageCalls = {
  'email.send': row({
    args: z.tuple([
      z.strictObject({
        to: addresses,
        cc: addresses.optional(),
        bcc: addresses.optional(),
        replyTo: address.optional(),
        subject: line(998),
        text: z.string().optional(),
        html: z.string().optional(),
        template: line(200).optional(),
        data: jsonObject.optional(),
        attachments: z.array(z.strictObject({ filename: line(255), content: z.union([z.string(), bytes]), contentType: line(255).optional() })).max(10).optional(),
      }),
    ]),
    result: z.object({ message_id: z.string(), accepted: z.array(z.string()), rejected: z.array(z.string()) }),
    permission: 'send_email',
    meter: 'emails',
    maxArgsBytes: 14 * MiB,
    doc: 'Sends a mail with `text`, `html`, or a Liquid `template` of the package filled with `data`.',
    example: "await ctx.email.send({ to, subject: 'Welcome', template: 'welcome.liquid', data: { name } })",
  }),
  'webhooks.send': row({
    args: z.tuple([line(200), jsonUpTo(json, maxPayloadBytes)]),
    result: z.object({ delivery_id: z.string(), status: z.string() }),
    permission: 'emit_webhook',
    meter: 'webhook_sends',
    doc: 'Delivers a payload to a webhook of this package (`webhooks/<name>.yaml`), now.',
    example: "await ctx.webhooks.send('build_completed', { id })",
  }),
  'llm.run': row({
    args: z.tuple([
      z.union([
        z.string().min(1),
        z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1).max(200),
      ]),
      optional(
        z.strictObject({
          model: line(200).optional(),
          system: z.string().optional(),
          maxTokens: z.int().min(1).max(1_000_000).optional(),
          temperature: z.number().min(0).max(2).optional(),
          stop: z.union([z.string(), z.array(z.string()).max(4)]).optional(),
        }),
      ),
    ]),
    result: z.object({ text: z.string(), usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }), model: z.string() }),
    permission: 'llm.use',
    meter: 'llm_calls',
    doc: 'Sends a prompt, or a list of messages, to the configured language model; answers its text and the tokens used.',
    example: "const { text } = await ctx.llm.run('Summarise: ' + body, { maxTokens: 200 })",
  }),
  'templates.render': row({
    args: z.tuple([line(200), optional(jsonObject)]),
    result: z.string(),
    doc: 'Renders a Liquid template of the package’s `templates/` folder.',
    example: "const html = await ctx.templates.render('report.liquid', { rows })",
  }),
  'analytics.track': row({
    args: z.tuple([line(200), optional(jsonUpTo(jsonObject, 16 * KiB))]),
    result: z.null(),
    doc: 'Counts something into the tenant’s usage.',
    example: "await ctx.analytics.track('report_made', { rows: 20 })",
  }),
};

/** Secrets named by the manifest. */
export const secretCalls = {
  'secrets.get': row({
    args: z.tuple([line(200)]),
    result: z.string().nullable(),
    doc: 'The plaintext of a declared secret, for this run, or `null` when the tenant has not set it.',
    example: "const key = await ctx.secrets.get('API_KEY')",
  }),
};
