import { KiB, MiB } from '@annex/kernel';
import { longestRunMs, maxPayloadBytes } from '@annex/limits';
import { z } from 'zod';
import { slugPattern } from '../names.js';
import { row } from '../row.js';
import { bytes, headerList, httpBody, json, jsonObject, jsonUpTo, line, optional, query } from '../wire.js';

const slug = z.string().regex(slugPattern, 'must be a plugin’s slug');

/** Events, jobs and other plugins of the same tenant. */
export const flowCalls = {
  emit: row({
    args: z.tuple([
      line(200),
      jsonUpTo(json, maxPayloadBytes)
        .nullish()
        .transform((data) => data ?? {}),
      optional(z.strictObject({ id: optional(line(200)), subject: optional(line(512)), source: optional(line(512)) })),
    ]),
    result: z.object({ event_id: z.string() }),
    meter: 'emits',
    doc: 'Puts an event into the tenant’s bus. At most 100 a run and 10 deep. The same `id` again is the same event.',
    example: "await ctx.emit('email.welcome_sent', { user_email })",
  }),
  'jobs.runNow': row({
    args: z.tuple([
      line(200),
      jsonUpTo(json, maxPayloadBytes)
        .nullish()
        .transform((payload) => payload ?? null),
    ]),
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
          method: z.string().min(1).max(32).nullish(),
          headers: headerList.nullish(),
          query: query.nullish(),
          body: httpBody.nullish(),
          timeout_ms: z.number().positive().nullish(),
        }),
      ),
    ]),
    result: z.object({ status: z.int(), headers: headerList, body: httpBody.nullable() }),
    meter: 'plugin_calls',
    maxArgsBytes: 4 * MiB,
    maxResultBytes: 14 * MiB,
    doc:
      'Calls a route of a plugin named in the manifest’s `dependencies`, in the same tenant, as a run of its own ' +
      'that ends with this one. At most 5 calls deep, never in a circle. Answers status, headers and body whatever ' +
      'the status is.',
    example: "await ctx.plugins.call('price-list', '/prices', { query: { sku } })",
  }),
};

/** Largest prompt of a language model: the text of all its messages, in bytes. */
export const maxPromptBytes = 256 * KiB;

/** A conversation, as the OpenAI API has it. */
export const llmMessages = z
  .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
  .min(1)
  .max(200);

const maxTokens = z.int().min(1).max(1_000_000);
const timeout = z.number().positive().max(longestRunMs);
/** Options of `ctx.llm.run`, in either spelling; handlers get one. */
const llmOptions = z
  .strictObject({
    model: line(200).min(1).nullish(),
    system: z.string().nullish(),
    messages: llmMessages.nullish(),
    max_tokens: maxTokens.nullish(),
    maxTokens: maxTokens.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    response_format: z
      .union([z.enum(['json', 'text']), z.strictObject({ type: z.enum(['json_object', 'text']) })])
      .nullish(),
    responseFormat: z.enum(['json', 'text']).nullish(),
    stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
    timeoutMs: timeout.nullish(),
    timeout_ms: timeout.nullish(),
  })
  .transform(({ model, system, messages, temperature, stop, ...rest }) => {
    const format = rest.response_format ?? rest.responseFormat;
    return {
      model: model ?? undefined,
      system: system ?? undefined,
      messages: messages ?? undefined,
      maxTokens: rest.max_tokens ?? rest.maxTokens ?? undefined,
      temperature: temperature ?? undefined,
      responseFormat:
        format === 'json' || (typeof format === 'object' && format?.type === 'json_object')
          ? ('json' as const)
          : undefined,
      stop: stop ?? undefined,
      timeoutMs: rest.timeout_ms ?? rest.timeoutMs ?? undefined,
    };
  });

/** Addresses are judged by libs/mail, which says what is wrong with one. */
const address = z.string().max(1000);
const addresses = z.union([address, z.array(address).max(1000)]);
const contentType = line(255).nullish();

const attachment = z
  .union([
    z.strictObject({
      filename: line(255),
      content: z.union([z.string(), bytes]),
      contentType,
      content_type: contentType,
    }),
    z.strictObject({
      filename: line(255).nullish(),
      file: z.string().min(1).max(4096),
      contentType,
      content_type: contentType,
    }),
  ])
  .transform(({ contentType: camel, content_type: snake, filename, ...rest }) => {
    const type = { contentType: camel ?? snake ?? undefined };
    return 'file' in rest
      ? { ...rest, ...type, filename: filename ?? undefined }
      : { ...rest, ...type, filename: filename ?? '' };
  });

/** A mail; names of more than one word in either spelling. */
const mail = z
  .strictObject({
    to: addresses,
    cc: addresses.nullish(),
    bcc: addresses.nullish(),
    replyTo: address.nullish(),
    reply_to: address.nullish(),
    subject: line(998),
    text: z.string().nullish(),
    html: z.string().nullish(),
    template: line(200).nullish(),
    data: jsonObject.nullish(),
    attachments: z.array(attachment).max(20).nullish(),
    idempotencyKey: line(200).nullish(),
    idempotency_key: line(200).nullish(),
  })
  .transform(({ to, subject, replyTo, reply_to, idempotencyKey, idempotency_key, ...rest }) => ({
    to,
    subject,
    cc: rest.cc ?? undefined,
    bcc: rest.bcc ?? undefined,
    replyTo: replyTo ?? reply_to ?? undefined,
    text: rest.text ?? undefined,
    html: rest.html ?? undefined,
    template: rest.template ?? undefined,
    data: rest.data ?? undefined,
    attachments: rest.attachments ?? undefined,
    idempotencyKey: idempotencyKey ?? idempotency_key ?? undefined,
  }));

/** What leaves the platform by other ways than HTTP. */
export const messageCalls = {
  'email.send': row({
    args: z.tuple([mail]),
    result: z.object({
      id: z.string(),
      message_id: z.string(),
      status: z.enum(['sent', 'kept']),
      accepted: z.array(z.string()),
      rejected: z.array(z.string()),
    }),
    permission: 'send_email',
    meter: 'emails',
    maxArgsBytes: 15 * MiB,
    doc:
      'Sends a mail with `text`, `html`, or a Liquid `template` of the package filled with `data`, to at most 50 ' +
      'recipients and of at most 10 MiB with its attachments (`{ filename, content, content_type }`, or `{ file }` ' +
      'of the tenant’s files, which needs `files.read`). `status` is `kept` where no mail server is configured: `GET ' +
      '/api/mail` shows it. What an earlier attempt of the run sent is not sent again.',
    example: "await ctx.email.send({ to, subject: 'Welcome', template: 'welcome', data: { name } })",
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
    args: z.tuple([z.union([z.string().min(1), llmMessages]), optional(llmOptions)]),
    result: z.object({
      text: z.string(),
      usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
      model: z.string(),
      finish_reason: z.string().nullable(),
    }),
    permission: 'llm.use',
    meter: 'llm_calls',
    doc:
      'Sends a prompt, or a list of messages, to the configured language model; answers its text and the tokens ' +
      'used. The prompt has at most 256 KiB, the answer 1 MiB. The filters `llm.prompt` and `llm.response` of the ' +
      'tenant’s plugins stand around it.',
    example: "const { text } = await ctx.llm.run('Summarise: ' + body, { max_tokens: 200 })",
  }),
  'templates.render': row({
    args: z.tuple([line(200), optional(jsonObject)]),
    result: z.string(),
    doc:
      'Renders a Liquid template of the package’s `templates/` folder. What it puts out is escaped for HTML unless ' +
      'its name says `.txt` or another plain text; it may include the folder’s other templates and reaches nothing ' +
      'else.',
    example: "const html = await ctx.templates.render('report.liquid', { rows })",
  }),
  'analytics.track': row({
    args: z.tuple([line(200), optional(jsonUpTo(jsonObject, 16 * KiB))]),
    result: z.null(),
    doc:
      'Counts a name into the tenant’s usage of the day, and sums the numeric properties given with it; other ' +
      'properties are not kept. At most 200 names a day and 20 numbers a call. In a hook or job it counts when the ' +
      'run ends well.',
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
  'secrets.has': row({
    args: z.tuple([line(200)]),
    result: z.boolean(),
    doc:
      'Whether a declared secret has a value, without reading it. ' +
      'A name that the manifest does not declare has none.',
    example: "if (!(await ctx.secrets.has('API_KEY'))) return { skipped: 'API_KEY is not set' }",
  }),
};
