import { portalLimits } from '@annex/limits';
import { z } from 'zod';
import { portalScreens } from '../portal/portal-screens.js';
import { role, time } from './shared.js';

export const portalLook = z
  .strictObject({
    title: z.string().min(1).max(portalLimits.titleChars).optional().describe('Stands above the screens'),
    colour: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, { error: 'must be a colour such as #1c7ed6' })
      .optional()
      .describe('Of buttons and links; made darker where white on it could not be read'),
    scheme: z.enum(['light', 'dark', 'auto']).optional().describe('Default `auto`: as the reader’s system'),
    logo_url: z
      .url({ protocol: /^https?$/ })
      .max(portalLimits.logoChars)
      .optional()
      .describe('A picture on one of ANNEX_PORTAL_ORIGINS; others are not loaded'),
  })
  .meta({ id: 'PortalLook' });

export const PortalLink = z
  .object({
    url: z
      .string()
      .optional()
      .describe('What an iframe opens; only its path where ANNEX_PUBLIC_URL is not set. Shown this once'),
    expires_at: time.describe('It must be opened before'),
    session_s: z.number().int().describe('So long the portal stays open then'),
  })
  .meta({ id: 'PortalLink' });
export type PortalLink = z.infer<typeof PortalLink>;

export const PortalSession = z
  .object({
    access_token: z.string().describe('Kept in the memory of the page alone'),
    expires_at: time,
    expires_in: z.number().int().describe('Seconds'),
    tenant: z.object({ slug: z.string(), name: z.string() }),
    role,
    screens: z.array(z.enum(portalScreens)),
    calls: z.array(z.string()).describe('What it may call: a method, or `*` for all, and the beginning of a path'),
    look: portalLook.nullable(),
  })
  .meta({ id: 'PortalSession', description: 'What a portal opens' });
export type PortalSession = z.infer<typeof PortalSession>;
