import { Access, type Caller } from '@annex/access';
import { messageOf } from '@annex/kernel';
import { restLimits, settingTreeLimits } from '@annex/limits';
import { SettingsTree, WatchReader } from '@annex/settings';
import { Body, Controller, Delete, Get, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventStream, nothing } from '../http/answers.js';
import { CurrentCaller, single } from '../http/authentication.js';
import { CLOSING } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { anyJson, input } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { TenantStreams } from '../http/tenant-stream.js';
import { Setting, SettingChange, SettingList, SettingWatch } from '../views/settings.js';

const prefix = z.string().max(1024).optional().describe('Only keys that begin with it');
const listing = z.object({
  prefix,
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Items a page, 1 to 1000'),
  cursor: z.string().max(2048).optional().describe('`next_cursor` of the page before'),
});
const following = z.object({
  prefix,
  since: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Begins behind this revision. Default: with what is changed from now on'),
});
const given = z.strictObject({
  value: anyJson.refine((value) => value !== undefined, 'must be there, and may be any JSON'),
});

const condition =
  'The answer’s `ETag` is the revision. `If-Match` with it changes only what the caller has read, ' +
  '`If-None-Match: *` makes only a new key: 412 `SETTING_CHANGED` otherwise.';

/** Changes of the tree. Before the keys: `stream` is none. */
@ApiTags('Settings')
@Controller('api/settings/stream')
export class SettingStreamController {
  readonly #streams: TenantStreams;

  constructor(
    access: Access,
    private readonly settings: SettingsTree,
    @Inject(CLOSING) closing: AbortSignal,
  ) {
    this.#streams = new TenantStreams({ access, closing, max: restLimits.streams, what: 'streams of settings' });
  }

  @Get()
  @Endpoint({
    name: 'streamSettings',
    summary: 'Changes of settings as server-sent events, in order of revision',
    gate: 'viewer',
    query: following,
    stream: true,
    description:
      'Each change once. Its id is its revision; `Last-Event-ID` goes on behind it and wins over `since`. The latest ' +
      `${settingTreeLimits.changes.toLocaleString('en')} changes are kept: 410 \`SETTING_HISTORY_GONE\` for a ` +
      'beginning before them.',
    answers: { 200: eventStream(SettingChange) },
    problems: [410, 429],
  })
  stream(
    @CurrentCaller() caller: Caller,
    @Query(input(following)) query: z.infer<typeof following>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#streams.open({ caller, request, reply }, (lastId, send, ready) =>
      this.settings.follow(
        caller.tenant.id,
        { ...query, lastId },
        {
          send,
          ready,
          onFailed: (thrown) =>
            request.log.warn({ reason: messageOf(thrown) }, 'a stream could not look for what is new'),
        },
      ),
    );
  }
}

/** How far a plugin has heard. */
@ApiTags('Settings')
@Controller('api/plugins')
export class SettingWatchController {
  constructor(private readonly watches: WatchReader) {}

  @Get(':id/watch')
  @Endpoint({
    name: 'getSettingWatch',
    summary: 'How far a plugin has heard of the tenant’s settings, and what it refused',
    gate: 'viewer',
    answers: { 200: SettingWatch },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SettingWatch> {
    return this.watches.get(caller, id);
  }
}

/** The tenant's tree of settings. A key is the rest of the path, percent-encoded or not, as a file's is. */
@ApiTags('Settings')
@Controller('api/settings')
export class SettingsController {
  constructor(
    private readonly settings: SettingsTree,
    private readonly access: Access,
  ) {}

  @Get()
  @Endpoint({
    name: 'listSettings',
    summary: 'Settings, in the order of their keys',
    gate: 'viewer',
    query: listing,
    answers: { 200: SettingList },
  })
  async list(
    @CurrentCaller() caller: Caller,
    @Query(input(listing)) query: z.infer<typeof listing>,
  ): Promise<SettingList> {
    const { items, ...page } = await this.settings.list(caller.tenant.id, query);
    return { ...page, items: await withActors(this.access, { caller, items }, ({ updated_by: by }) => by) };
  }

  @Get('*')
  @Endpoint({
    name: 'getSetting',
    summary: 'One setting',
    gate: 'viewer',
    description: 'The answer’s `ETag` is the revision.',
    answers: { 200: Setting },
  })
  async get(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Setting> {
    const setting = await this.settings.get(caller.tenant.id, keyOf(request));
    void reply.header('etag', `"${setting.revision}"`);
    return setting;
  }

  @Put('*')
  @Endpoint({
    name: 'setSetting',
    summary: 'Set a setting, new or not',
    gate: 'admin',
    body: given,
    maxBodyBytes: Infinity,
    callPoints: 1,
    description: `201 when it is new. The value that it has already changes nothing. ${condition}`,
    answers: { 200: Setting, 201: Setting },
    problems: [412],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Body(input(given)) { value }: z.infer<typeof given>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Setting> {
    const { created, ...setting } = await this.settings.put(caller, keyOf(request), { value, ...expected(request) });
    void reply.status(created ? 201 : 200).header('etag', `"${setting.revision}"`);
    return setting;
  }

  @Delete('*')
  @Endpoint({
    name: 'deleteSetting',
    summary: 'Remove a setting',
    gate: 'admin',
    callPoints: 1,
    description: '`If-Match` removes only what the caller has read: 412 `SETTING_CHANGED` otherwise.',
    answers: { 204: nothing },
    problems: [412],
  })
  delete(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<void> {
    return this.settings.delete(caller, keyOf(request), expected(request));
  }
}

/** The key, out of the path as it came: a router would have taken a slash or a dot segment away. */
function keyOf(request: FastifyRequest): string {
  const path = request.url.split('?')[0] ?? '';
  try {
    return decodeURIComponent(path.slice('/api/settings/'.length));
  } catch {
    throw apiErrors.error('BAD_REQUEST', 'The path is not percent-encoded UTF-8. Encode each segment of the key.');
  }
}

/** `If-Match: "<revision>"` and `If-None-Match: *` (RFC 9110 §13.1); what is no revision matches none. */
function expected({ headers }: FastifyRequest): { expects?: number | null } {
  if (headers['if-none-match']?.trim() === '*') return { expects: null };
  const tag = single(headers['if-match'])?.trim();
  if (tag === undefined || tag === '*') return {};
  const [, digits] = /^"?(\d{1,15})"?$/.exec(tag) ?? [];
  return { expects: digits === undefined ? -1 : Number(digits) };
}
