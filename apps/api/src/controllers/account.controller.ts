import { Access, type Principal } from '@annex/access';
import { KiB } from '@annex/kernel';
import { Body, Controller, Get, Patch, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal, single } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input } from '../http/input.js';
import { PasswordResetRequest, Profile, ResetPassword } from '../views/access.js';
import { personName } from './users.controller.js';

const resetRequest = z.strictObject({
  email: z.string().min(1).max(320),
  tenant: z.string().max(63).optional().describe('Only this tenant’s account, by slug. Default: all with the address'),
});
const resetUse = z.strictObject({
  token: z.string().min(1).max(200).describe('Of the link: what stands behind `#token=`'),
  new_password: z.string().max(1024).describe('At least 8 characters'),
  end_tokens: z.boolean().optional().describe('Ends your API tokens too. Default: false'),
});
const profileChange = z.strictObject({ name: personName });

@ApiTags('Access')
@Controller('api/auth/password-reset')
export class PasswordResetController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'requestPasswordReset',
    summary: 'Have a link for a new password sent to an address',
    gate: 'public',
    body: resetRequest,
    maxBodyBytes: 16 * KiB,
    description:
      'The same answer, as soon, whether or not there is such an account. The link works once, within an hour. ' +
      'Accounts without a password, which sign in through the identity provider, get none.',
    answers: { 202: PasswordResetRequest },
    problems: [429],
  })
  request(
    @Body(input(resetRequest)) body: z.infer<typeof resetRequest>,
    @Req() request: FastifyRequest,
  ): Promise<PasswordResetRequest> {
    const tenant = body.tenant ?? single(request.headers['x-tenant-slug']);
    return this.access.passwordResets.request({ ...body, tenant, address: request.ip, requestId: request.id });
  }

  @Post('use')
  @Endpoint({
    name: 'resetPassword',
    summary: 'Choose a new password with the token of a link',
    gate: 'public',
    body: resetUse,
    maxBodyBytes: 16 * KiB,
    description: 'Every session made with the old password ends. It signs nobody in.',
    answers: { 200: ResetPassword },
    problems: [404, 429],
  })
  use(@Body(input(resetUse)) body: z.infer<typeof resetUse>, @Req() request: FastifyRequest): Promise<ResetPassword> {
    return this.access.passwordResets.use({
      token: body.token,
      password: body.new_password,
      endTokens: body.end_tokens,
      address: request.ip,
      requestId: request.id,
    });
  }
}

@ApiTags('Access')
@Controller('api/me')
export class MeController {
  constructor(private readonly access: Access) {}

  @Get()
  @Endpoint({
    name: 'getProfile',
    summary: 'Your own account',
    gate: 'signed-in',
    description: 'Not by an API token; `getMe` answers those too.',
    answers: { 200: Profile },
  })
  get(@CurrentPrincipal() principal: Principal): Promise<Profile> {
    return this.access.profile(principal);
  }

  @Patch()
  @Endpoint({
    name: 'updateProfile',
    summary: 'Change what you are called, in all of your tenants',
    gate: 'signed-in',
    body: profileChange,
    description:
      'Not by an API token. The address is an admin’s to change (`updateUser`): it is what tenants and the identity ' +
      'provider know you by.',
    answers: { 200: Profile },
  })
  change(
    @CurrentPrincipal() principal: Principal,
    @Body(input(profileChange)) body: z.infer<typeof profileChange>,
    @Req() request: FastifyRequest,
  ): Promise<Profile> {
    return this.access.changeProfile(principal, { ...body, requestId: request.id });
  }
}
