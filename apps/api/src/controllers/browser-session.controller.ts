import { Access } from '@annex/access';
import { KiB } from '@annex/kernel';
import { Body, Controller, Delete, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { nothing } from '../http/answers.js';
import { single } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input } from '../http/input.js';
import { clearSessionCookie, cookieOf, setSessionCookie } from '../http/session-cookie.js';
import { BrowserSession } from '../views/access.js';
import { loginBody } from './auth.controller.js';

/** Sessions of Annex's own pages, whose token no script sees. */
@ApiTags('Access')
@Controller('api/auth/browser-session')
export class BrowserSessionController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'beginBrowserSession',
    summary: 'Sign in with a cookie that no script can read, as the console does',
    gate: 'public',
    body: loginBody,
    maxBodyBytes: 16 * KiB,
    description:
      'The cookie counts for `/api` alone, and only with the header `X-Annex-Console: 1`. Programs use `login`.',
    answers: { 200: BrowserSession },
    problems: [401, 403, 429],
  })
  async begin(
    @Body(input(loginBody)) body: z.infer<typeof loginBody>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BrowserSession> {
    const {
      access_token: token,
      expires_in,
      user,
      tenants,
    } = await this.access.login({
      ...body,
      tenant: body.tenant ?? single(request.headers['x-tenant-slug']),
      address: request.ip,
      userAgent: request.headers['user-agent'],
    });
    setSessionCookie({ request, reply }, token, expires_in);
    return { expires_in, user, tenants };
  }

  @Delete()
  @Endpoint({
    name: 'endBrowserSession',
    summary: 'End the session of the cookie, and take the cookie away',
    gate: 'public',
    description: 'Does so too where the session has ended already.',
    answers: { 204: nothing },
  })
  async end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    clearSessionCookie({ request, reply });
    const token = cookieOf(request.headers.cookie);
    if (token === undefined) return;
    const principal = await this.access.authenticate(token).catch(() => undefined);
    if (principal?.sessionId) await this.access.sessions.end(principal, 'current', request.id);
  }
}
