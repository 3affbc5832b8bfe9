import { Access, type Caller } from '@annex/access';
import { KiB, type Page } from '@annex/kernel';
import { Body, Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { nothing } from '../http/answers.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema } from '../http/input.js';
import { invitationStatus, Invitation, Login, NewInvitation, OfferedInvitation } from '../views/access.js';
import { listOf } from '../views/shared.js';
import { roleSchema } from './auth.controller.js';
import { newPassword, personName } from './users.controller.js';

const sendMail = z
  .boolean()
  .optional()
  .describe('`false`: no mail goes out, and the answer has the link. Default: a mail, where mail can be sent');
const newInvitation = z.strictObject({
  email: z.email({ error: 'must be an e-mail address' }).max(320),
  role: roleSchema,
  send_mail: sendMail,
});
const resending = z.strictObject({ send_mail: sendMail });
const listQuery = pageSchema.extend({ status: z.enum(invitationStatus).optional() });
const token = z.string().min(1).max(200).describe('Of the link: what stands behind `#token=`');
const preview = z.strictObject({ token });
const acceptance = z.strictObject({
  token,
  password: newPassword,
  name: personName,
});

@ApiTags('Users')
@Controller('api/invitations')
export class InvitationsController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'createInvitation',
    summary: 'Invite an e-mail address into the tenant',
    gate: 'admin',
    body: newInvitation,
    shownOnce: ['token', 'url'],
    description:
      'A mail with a link goes out; it works once, for seven days. Where no mail can be sent, or it was not taken, ' +
      'the answer has the link, to be passed on by hand.',
    answers: { 201: NewInvitation },
    problems: [409, 429],
  })
  create(
    @CurrentCaller() caller: Caller,
    @Body(input(newInvitation)) { send_mail: mail, ...body }: z.infer<typeof newInvitation>,
  ): Promise<NewInvitation> {
    return this.access.invitations.create(caller, { ...body, sendMail: mail });
  }

  @Get()
  @Endpoint({
    name: 'listInvitations',
    summary: 'The tenant’s invitations; ended ones stay for 30 days',
    gate: 'admin',
    query: listQuery,
    answers: { 200: listOf(Invitation) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(listQuery)) query: z.infer<typeof listQuery>,
  ): Promise<Page<Invitation>> {
    return this.access.invitations.list(caller, query);
  }

  @Post('preview')
  @Endpoint({
    name: 'previewInvitation',
    summary: 'What an invitation is for, before it is accepted',
    gate: 'public',
    body: preview,
    maxBodyBytes: 16 * KiB,
    answers: { 200: OfferedInvitation },
    problems: [404, 429],
  })
  preview(
    @Body(input(preview)) body: z.infer<typeof preview>,
    @Req() request: FastifyRequest,
  ): Promise<OfferedInvitation> {
    return this.access.acceptance.preview(body.token, request.ip);
  }

  @Post('accept')
  @Endpoint({
    name: 'acceptInvitation',
    summary: 'Accept an invitation with a name and a password, and sign in',
    gate: 'public',
    body: acceptance,
    maxBodyBytes: 16 * KiB,
    description:
      'Whoever signs in through the identity provider with an address that it has verified accepts by that, without ' +
      'a password.',
    answers: { 200: Login },
    problems: [404, 409, 413, 429],
  })
  accept(@Body(input(acceptance)) body: z.infer<typeof acceptance>, @Req() request: FastifyRequest): Promise<Login> {
    return this.access.acceptance.accept({
      ...body,
      address: request.ip,
      userAgent: request.headers['user-agent'],
      requestId: request.id,
    });
  }

  @Get(':id')
  @Endpoint({ name: 'getInvitation', summary: 'One invitation', gate: 'admin', answers: { 200: Invitation } })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Invitation> {
    return this.access.invitations.get(caller, id);
  }

  @Post(':id/resend')
  @Endpoint({
    name: 'resendInvitation',
    summary: 'Give an invitation another link and seven days more; the link before opens nothing any more',
    gate: 'admin',
    body: resending,
    shownOnce: ['token', 'url'],
    answers: { 200: NewInvitation },
    problems: [409, 429],
  })
  resend(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(resending)) body: z.infer<typeof resending>,
  ): Promise<NewInvitation> {
    return this.access.invitations.resend(caller, id, { sendMail: body.send_mail });
  }

  @Delete(':id')
  @Endpoint({
    name: 'revokeInvitation',
    summary: 'Take an invitation back',
    gate: 'admin',
    answers: { 204: nothing },
    problems: [409],
  })
  revoke(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.access.invitations.revoke(caller, id);
  }
}
