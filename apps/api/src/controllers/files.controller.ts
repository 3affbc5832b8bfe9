import type { Page } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { Files, type FileActor } from '@annex/files';
import { Controller, Delete, Get, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller, single } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { sendFile } from '../http/file-answer.js';
import { readFileBody } from '../http/file-body.js';
import { input } from '../http/input.js';
import { bytes, nothing } from '../http/answers.js';
import { listOf } from '../views/shared.js';
import { File } from '../views/storage.js';

const listing = z.object({
  prefix: z.string().max(1024).optional().describe('Only keys that begin with it'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Items a page, 1 to 1000'),
  cursor: z.string().max(2048).optional().describe('`next_cursor` of the page before'),
});

/**
 * Uploads and downloads of one tenant at once; each holds a connection, and an upload room that no quota counts yet.
 */
const transfersPerTenant = 32;

/** The tenant's files. A key is the rest of the path, percent-encoded or not; slashes in it are slashes of the path. */
@ApiTags('Files')
@Controller('api/files')
export class FilesController {
  readonly #transfers = new InFlight(transfersPerTenant, 'transfers of files');

  constructor(private readonly files: Files) {}

  @Get()
  @Endpoint({
    name: 'listFiles',
    summary: 'Files, in the order of their keys',
    gate: 'viewer',
    query: listing,
    answers: { 200: listOf(File) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(listing)) query: z.infer<typeof listing>): Promise<Page<File>> {
    return this.files.list(caller.tenant.id, query);
  }

  @Get('*')
  @Endpoint({
    name: 'getFile',
    summary: 'A file’s bytes; HEAD for its size, type and tag',
    gate: 'viewer',
    description: 'Takes If-None-Match, If-Modified-Since, Range and If-Range.',
    answers: { 200: bytes('The file'), 206: bytes('The range that was asked for'), 304: nothing, 416: nothing },
    problems: [429],
  })
  async get(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const opened = await this.files.open(caller.tenant.id, keyOf(request));
    const leave = this.#transfers.enter(caller.tenant.id);
    reply.raw.once('close', leave);
    await sendFile({ request, reply, opened, cacheControl: 'private, no-cache' });
  }

  @Put('*')
  @Endpoint({
    name: 'putFile',
    summary: 'Write a file: the body is its bytes',
    gate: 'member',
    bytes: true,
    description:
      '201 for a new file, 200 for a replaced one. `If-None-Match: *` writes only a new one, `If-Match` only over ' +
      'the bytes that it names. Without a content type the key’s extension tells it.',
    answers: { 200: File, 201: File },
    problems: [412],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<File> {
    const leave = this.#transfers.enter(caller.tenant.id);
    try {
      const { content, ...options } = readFileBody(request);
      const { file, created } = await this.files.put(caller.tenant.id, keyOf(request), content, {
        ...options,
        by: actorOf(caller, request),
        expects: expectation(request),
      });
      void reply.status(created ? 201 : 200).header('etag', `"${file.etag}"`);
      return file;
    } finally {
      leave();
    }
  }

  @Delete('*')
  @Endpoint({
    name: 'deleteFile',
    summary: 'Delete a file',
    gate: 'member',
    answers: { 204: nothing },
    problems: [412],
  })
  async delete(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<void> {
    const key = keyOf(request);
    if (await this.files.delete(caller.tenant.id, key, { by: actorOf(caller, request), expects: expectation(request) }))
      return;
    await this.files.open(caller.tenant.id, key);
  }
}

/** Files that somebody was given a link to. The link itself is the permission. */
@ApiTags('Files')
@Controller('files')
export class FileLinksController {
  constructor(private readonly files: Files) {}

  @Get('*')
  @Endpoint({
    name: 'getLinkedFile',
    summary: 'A file, by a link that ctx.files.url made',
    gate: 'public',
    answers: { 200: bytes('The file'), 206: bytes('The range that was asked for'), 304: nothing, 416: nothing },
    problems: [403],
  })
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const token = request.url.split('?')[0]?.slice('/files/'.length) ?? '';
    const { expiresAtMs, ...opened } = await this.files.openLink(token);
    const seconds = Math.max(0, Math.floor((expiresAtMs - Date.now()) / 1000));
    // Whoever holds the link may read it, from any page.
    void reply.headers({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' });
    await sendFile({ request, reply, opened, cacheControl: `private, max-age=${Math.min(seconds, 60)}` });
  }
}

/** The key, out of the path as it came: a router would have taken a slash or a dot segment away. */
function keyOf(request: FastifyRequest): string {
  const path = request.url.split('?')[0] ?? '';
  try {
    return decodeURIComponent(path.slice('/api/files/'.length));
  } catch {
    throw apiErrors.error('BAD_REQUEST', 'The path is not percent-encoded UTF-8. Encode each segment of the key.');
  }
}

function actorOf(caller: Caller, request: FastifyRequest): FileActor {
  return { actor: caller.actor, requestId: request.id };
}

/** `If-None-Match: *` and `If-Match: "<etag>"` (RFC 9110 §13.1); other conditions make no sense for one writer. */
function expectation({ headers }: FastifyRequest): string | null | undefined {
  const match = single(headers['if-match'])?.trim();
  if (headers['if-none-match']?.trim() === '*') return null;
  return match === undefined || match === '*' ? undefined : match.replace(/^"(.*)"$/, '$1');
}
