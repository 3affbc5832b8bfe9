import { Access, type Caller, type Principal } from '@annex/access';
import { KiB, type Page, type PageRequest } from '@annex/kernel';
import { Body, Controller, Delete, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerOf, CurrentCaller, CurrentPrincipal, single, type Identified } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema, wholeListSchema } from '../http/input.js';
import { nothing } from '../http/answers.js';
import { setSessionCookie } from '../http/session-cookie.js';
import { ChangedPassword, EndedSessions, Login, Me, NewToken, Session, StreamToken, Token } from '../views/access.js';
import { listOf } from '../views/shared.js';

export const roleSchema = z.enum(['viewer', 'member', 'developer', 'admin', 'owner']);
/** What signing in takes. */
export const loginBody = z.strictObject({
  email: z.string().min(1).max(320),
  password: z.string().min(1).max(1024),
  tenant: z.string().max(63).optional(),
});
const password = z.strictObject({
  current_password: z.string().min(1).max(1024),
  new_password: z.string().max(1024).describe('At least 8 characters'),
  end_tokens: z.boolean().optional().describe('Ends your API tokens too. Default: false'),
});
const newToken = z.strictObject({
  name: z.string().min(1).max(100),
  role: roleSchema.optional().describe('Default: your own. Never above it.'),
  expires_in_s: z.number().int().min(1).max(315_360_000).optional().describe('Default: never expires'),
  operator: z
    .boolean()
    .optional()
    .describe('Acts in every tenant, as the platform operator who makes it. Default: false'),
});

@ApiTags('Access')
@Controller('api/auth')
export class AuthController {
  constructor(private readonly access: Access) {}

  @Post('login')
  @Endpoint({
    name: 'login',
    summary: 'Sign in with e-mail and password',
    gate: 'public',
    body: loginBody,
    maxBodyBytes: 16 * KiB,
    answers: { 200: Login },
    problems: [401, 403, 429],
  })
  login(@Body(input(loginBody)) body: z.infer<typeof loginBody>, @Req() request: FastifyRequest): Promise<Login> {
    return this.access.login({
      ...body,
      tenant: body.tenant ?? single(request.headers['x-tenant-slug']),
      address: request.ip,
      userAgent: request.headers['user-agent'],
    });
  }

  @Get('me')
  @Endpoint({ name: 'getMe', summary: 'Who the token belongs to', gate: 'signed-in', answers: { 200: Me } })
  me(@CurrentPrincipal() principal: Principal): Me {
    return this.access.describe(principal);
  }

  @Post('password')
  @Endpoint({
    name: 'changePassword',
    summary: 'Change your password with the present one, in every tenant where it is the same',
    gate: 'signed-in',
    body: password,
    maxBodyBytes: 16 * KiB,
    shownOnce: ['access_token'],
    description: 'Every session made with the old one ends; the answer’s token goes on. Not by an API token.',
    answers: { 200: ChangedPassword },
    problems: [429],
  })
  async changePassword(
    @CurrentPrincipal() principal: Principal,
    @Body(input(password)) body: z.infer<typeof password>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedPassword> {
    const { current_password: currentPassword, new_password: newPassword, end_tokens: endTokens } = body;
    const changed = await this.access.changePassword(principal, {
      currentPassword,
      newPassword,
      endTokens,
      address: request.ip,
      userAgent: request.headers['user-agent'],
      requestId: request.id,
    });
    const { access_token: token, ...rest } = changed;
    if (!(request as Identified).bySessionCookie || token === undefined) return changed;
    // No script is to see it: the cookie goes on with it.
    setSessionCookie({ request, reply }, token, changed.expires_in);
    return rest;
  }

  @Post('stream-token')
  @Endpoint({
    name: 'createStreamToken',
    summary: 'A token of one minute for a reader that can send no header, as EventSource',
    gate: 'viewer',
    description: 'Opens streams of this tenant with `?stream_token=`, and nothing else, as who asks for it.',
    shownOnce: ['token'],
    answers: { 200: StreamToken },
  })
  streamToken(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<StreamToken> {
    return this.access.streamTokens.make({ bearer: bearerOf(request), tenant: caller.tenant.slug });
  }

  @Get('sessions')
  @Endpoint({
    name: 'listSessions',
    summary: 'Your sign-ins with a password, newest first',
    gate: 'signed-in',
    query: wholeListSchema,
    description: 'Not by an API token.',
    answers: { 200: listOf(Session) },
  })
  sessions(@CurrentPrincipal() principal: Principal): Promise<Page<Session>> {
    return this.access.sessions.list(principal);
  }

  @Delete('sessions')
  @Endpoint({
    name: 'endOtherSessions',
    summary: 'End all of your sessions but this one',
    gate: 'signed-in',
    answers: { 200: EndedSessions },
  })
  endSessions(@CurrentPrincipal() principal: Principal, @Req() request: FastifyRequest): Promise<EndedSessions> {
    return this.access.sessions.endOthers(principal, request.id);
  }

  @Delete('sessions/:id')
  @Endpoint({
    name: 'endSession',
    summary: 'End one of your sessions; `current` is this one',
    gate: 'signed-in',
    answers: { 204: nothing },
  })
  endSession(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.access.sessions.end(principal, id, request.id);
  }
}

@ApiTags('Access')
@Controller('api/tokens')
export class TokensController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'createToken',
    summary: 'Make an API token; it is shown this once',
    gate: 'member',
    body: newToken,
    shownOnce: ['token'],
    description: 'Again with the same Idempotency-Key, the answer comes without `token`.',
    answers: { 201: NewToken },
  })
  create(@CurrentCaller() caller: Caller, @Body(input(newToken)) body: z.infer<typeof newToken>): Promise<NewToken> {
    return this.access.tokens.create(caller, {
      name: body.name,
      role: body.role,
      expiresInS: body.expires_in_s,
      operator: body.operator,
    });
  }

  @Get()
  @Endpoint({
    name: 'listTokens',
    summary: 'API tokens: your own, or the tenant’s for an admin',
    gate: 'member',
    query: pageSchema,
    answers: { 200: listOf(Token) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Token>> {
    return this.access.tokens.list(caller, page);
  }

  @Get(':id')
  @Endpoint({
    name: 'getToken',
    summary: 'One API token; its text is never shown again',
    gate: 'member',
    answers: { 200: Token },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Token> {
    return this.access.tokens.get(caller, id);
  }

  @Delete(':id')
  @Endpoint({ name: 'deleteToken', summary: 'Revoke an API token', gate: 'member', answers: { 204: nothing } })
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.access.tokens.delete(caller, id);
  }
}
