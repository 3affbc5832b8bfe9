import type { Page } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { Mailer } from '@annex/mail';
import { Controller, Delete, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, lookup, pageSchema } from '../http/input.js';
import { bytes, nothing } from '../http/answers.js';
import { Mail, WholeMail } from '../views/mail.js';
import { listOf } from '../views/shared.js';

const query = pageSchema.extend({
  status: z
    .enum(['sending', 'sent', 'kept', 'failed'])
    .optional()
    .describe('`kept`: no mail server is configured, so all of it is here'),
  plugin: lookup(100).optional().describe('Only mail of this plugin'),
});

/** Mail that plugins sent, or that was kept because no mail server is configured. */
@ApiTags('Operations')
@Controller('api/mail')
export class MailController {
  constructor(private readonly mail: Mailer) {}

  @Get()
  @Endpoint({
    name: 'listMail',
    summary: 'Mail of the tenant’s plugins, newest first',
    gate: 'admin',
    query,
    answers: { 200: listOf(Mail) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(query)) filter: z.infer<typeof query>): Promise<Page<Mail>> {
    return this.mail.list(caller.tenant.id, filter);
  }

  @Get(':id')
  @Endpoint({
    name: 'getMail',
    summary: 'One mail; a kept one with its texts',
    gate: 'admin',
    answers: { 200: WholeMail },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WholeMail> {
    return this.mail.get(caller.tenant.id, id);
  }

  @Get(':id/attachments/:place')
  @Endpoint({
    name: 'getMailAttachment',
    summary: 'The bytes of something attached to a kept mail, by its place from 0',
    gate: 'admin',
    answers: { 200: bytes('What was attached') },
  })
  async attachment(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('place') place: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { bytes, contentType } = await this.mail.attachment(
      caller.tenant.id,
      id,
      /^\d{1,3}$/.test(place) ? Number(place) : -1,
    );
    await reply
      .headers({
        'content-type': contentType,
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, no-store',
      })
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  @Delete(':id')
  @Endpoint({
    name: 'deleteMail',
    summary: 'Remove a mail, and what was kept of it',
    gate: 'admin',
    answers: { 204: nothing },
  })
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.mail.delete(caller.tenant.id, id);
  }
}
