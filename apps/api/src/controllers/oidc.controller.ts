import { Access, accessErrors } from '@annex/access';
import { KiB } from '@annex/kernel';
import { oidcLimits } from '@annex/limits';
import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { input } from '../http/input.js';
import { requireConsole, setSessionCookie } from '../http/session-cookie.js';
import { setSignInCookie, signInCookieOf } from '../http/sign-in-cookie.js';
import { BrowserSession, OidcSetUp, OidcStart } from '../views/access.js';
import { PUBLIC_URL } from './portal.controller.js';

const answer = z.strictObject({
  parameters: z
    .string()
    .min(1)
    .max(oidcLimits.parameterChars)
    .describe('The query that the provider sent the browser back with'),
});

type SignIn = NonNullable<Access['oidcSignIn']>;

/** Signing in to the console at the operator’s identity provider. */
@ApiTags('Access')
@Controller('api/auth/oidc')
export class OidcController {
  constructor(
    private readonly access: Access,
    @Inject(PUBLIC_URL) private readonly publicUrl: string | undefined,
  ) {}

  @Get()
  @Endpoint({
    name: 'getOidc',
    summary: 'Whether people sign in at an identity provider, and what the button says',
    gate: 'public',
    answers: { 200: OidcSetUp },
  })
  get(@Req() request: FastifyRequest): OidcSetUp {
    const signIn = this.access.oidcSignIn;
    return {
      button: signIn?.button ?? null,
      sign_out_url: signIn?.signOutUrl(this.#page(request, 'sign-in')) ?? null,
    };
  }

  @Post()
  @Endpoint({
    name: 'beginOidcSignIn',
    summary: 'Begin to sign in at the identity provider, as the console does',
    gate: 'public',
    maxBodyBytes: 16 * KiB,
    description: 'The browser goes to `url`. The provider sends it back to `/console/oidc`, within ten minutes.',
    answers: { 200: OidcStart },
    problems: [401, 404, 429, 503],
  })
  async begin(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<OidcStart> {
    requireConsole(request);
    const { url, kept } = await this.#signIn().begin(request.ip, this.#page(request, 'oidc'));
    setSignInCookie({ request, reply }, kept.text, kept.lifeS);
    return { url };
  }

  @Post('finish')
  @Endpoint({
    name: 'finishOidcSignIn',
    summary: 'Sign in with what the identity provider answered, as the console does',
    gate: 'public',
    body: answer,
    maxBodyBytes: 16 * KiB,
    description: 'Only in the browser that began. The session is a cookie that no script can read.',
    answers: { 200: BrowserSession },
    problems: [400, 401, 403, 404, 429, 503],
  })
  async finish(
    @Body(input(answer)) { parameters }: z.infer<typeof answer>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BrowserSession> {
    requireConsole(request);
    const {
      access_token: token,
      expires_in,
      user,
      tenants,
    } = await this.#signIn().finish({
      parameters,
      kept: signInCookieOf(request.headers.cookie),
      address: request.ip,
      userAgent: request.headers['user-agent'],
      requestId: request.id,
    });
    setSessionCookie({ request, reply }, token, expires_in);
    setSignInCookie({ request, reply }, '', 0);
    return { expires_in, user, tenants };
  }

  #signIn(): SignIn {
    if (this.access.oidcSignIn) return this.access.oidcSignIn;
    throw accessErrors.error(
      'SIGN_IN_NOT_SET_UP',
      'Nobody signs in at an identity provider here. Sign in with a password; an operator sets ANNEX_OIDC_CLIENT_ID.',
    );
  }

  /** A page of the console, as the provider knows it. */
  #page({ protocol, host }: FastifyRequest, name: 'oidc' | 'sign-in'): string {
    return `${this.publicUrl ?? `${protocol}://${host}`}/console/${name}`;
  }
}
