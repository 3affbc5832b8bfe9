import { Access, lesserRole, type Caller } from '@annex/access';
import type { Json } from '@annex/kernel';
import { portalLimits } from '@annex/limits';
import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerOf, CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { input } from '../http/input.js';
import { portalCalls, portalScreens, type PortalScreen } from '../portal/portal-screens.js';
import { PortalLink, portalLook, PortalSession } from '../views/portal.js';
import { roleSchema } from './auth.controller.js';

/** Where the server is reached, for links: the setting's URL, or none. */
export const PUBLIC_URL = Symbol('public-url');

const newLink = z.strictObject({
  screens: z.array(z.enum(portalScreens)).min(1).max(portalScreens.length),
  role: roleSchema.default('viewer').describe('The most that somebody may do there; never more than your own'),
  session_s: z
    .number()
    .int()
    .min(60)
    .max(portalLimits.longestSessionS)
    .default(portalLimits.sessionS)
    .describe('How long the portal stays open once its link was opened'),
  look: portalLook.optional(),
});
const opened = z.strictObject({ token: z.string().min(1).max(portalLimits.tokenChars) });

/** Screens of the console in the pages of others. */
@ApiTags('Portal')
@Controller('api')
export class PortalController {
  constructor(
    private readonly access: Access,
    @Inject(PUBLIC_URL) private readonly publicUrl: string | undefined,
  ) {}

  @Post('portal-links')
  @Endpoint({
    name: 'createPortalLink',
    summary: 'A link to some screens of the tenant, for a page of yours that embeds them',
    gate: 'admin',
    body: newLink,
    shownOnce: ['url'],
    description:
      'Good for five minutes. What it opens ends with the token that asks for it: make one for the purpose, and ' +
      'revoke that to close every portal. Pages of `ANNEX_PORTAL_ORIGINS` may embed it.',
    answers: { 201: PortalLink },
  })
  async makeLink(
    @CurrentCaller() caller: Caller,
    @Body(input(newLink)) { screens, role, session_s: sessionS, look }: z.infer<typeof newLink>,
    @Req() request: FastifyRequest,
  ): Promise<PortalLink> {
    const link = await this.access.portal.makeLink({
      bearer: bearerOf(request),
      tenant: caller.tenant.slug,
      role: lesserRole(caller.role, role),
      screens: [...new Set(screens)],
      sessionS,
      look: (look ?? null) as Json,
    });
    // Behind the `#`: no server, log or `Referer` ever sees it.
    const url = `${this.publicUrl ?? ''}/portal#token=${link.token}`;
    return { url, expires_at: link.expires_at, session_s: sessionS };
  }

  @Post('portal-sessions')
  @Endpoint({
    name: 'beginPortalSession',
    summary: 'Open a portal with the token of its link, as the embedded page does',
    gate: 'public',
    body: opened,
    shownOnce: ['access_token'],
    answers: { 200: PortalSession },
    problems: [401, 403],
  })
  async begin(
    @Body(input(opened)) { token }: z.infer<typeof opened>,
    @Req() request: FastifyRequest,
  ): Promise<PortalSession> {
    const begun = await this.access.portal.beginSession(token);
    if (!begun)
      throw apiErrors.error(
        'UNAUTHENTICATED',
        'The link has expired or is none: it is good for five minutes. Load the page that shows the portal again.',
      );
    const { link, lifeS } = begun;
    const principal = await this.access.authenticate(link.bearer);
    const { tenant } = await this.access.resolveTenant(principal, { slugHeader: link.tenant }, request.id);
    return {
      access_token: begun.token,
      expires_at: begun.expires_at,
      expires_in: lifeS,
      tenant: { slug: tenant.slug, name: tenant.name },
      role: link.role,
      screens: link.screens as PortalScreen[],
      calls: portalCalls(link.screens),
      look: link.look as PortalSession['look'],
    };
  }
}
