import { z } from 'zod';
import { Actor, role, time } from './shared.js';

export const TenantPlace = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    role,
    erases_at: time.optional().describe('It was deleted, and its data goes from then on'),
    suspended: z.string().optional().describe('Why its people cannot enter it: it is suspended'),
  })
  .meta({ id: 'TenantPlace', description: 'A tenant that somebody belongs to, and as what' });
export type TenantPlace = z.infer<typeof TenantPlace>;

const bearer = {
  access_token: z.string().describe('Goes into `Authorization: Bearer …`'),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().describe('Seconds'),
};

export const Login = z
  .object({
    ...bearer,
    user: z.object({ id: z.string(), email: z.string(), operator: z.boolean() }),
    tenants: z.array(TenantPlace),
  })
  .meta({ id: 'Login' });
export type Login = z.infer<typeof Login>;

export const BrowserSession = z
  .object({
    expires_in: bearer.expires_in,
    user: Login.shape.user,
    tenants: z.array(TenantPlace),
  })
  .meta({ id: 'BrowserSession', description: 'A session whose token is in a cookie' });
export type BrowserSession = z.infer<typeof BrowserSession>;

export const OidcSetUp = z
  .object({
    button: z.string().nullable().describe('What the button says; `null`: people sign in with passwords only'),
    sign_out_url: z
      .string()
      .nullable()
      .describe('Where people sign out at the provider too; `null`: it has no such page, or was not asked yet'),
  })
  .meta({ id: 'OidcSetUp', description: 'How people sign in at an identity provider' });
export type OidcSetUp = z.infer<typeof OidcSetUp>;

export const OidcStart = z
  .object({ url: z.string().describe('Where the browser goes') })
  .meta({ id: 'OidcStart', description: 'A sign-in that has begun' });
export type OidcStart = z.infer<typeof OidcStart>;

export const StreamToken = z
  .object({
    token: z.string().optional().describe('Goes into `?stream_token=` of a stream. Shown this once'),
    expires_at: time.describe('A stream must be opened before; one that is open goes on'),
  })
  .meta({ id: 'StreamToken' });
export type StreamToken = z.infer<typeof StreamToken>;

export const ChangedPassword = z
  .object({
    ...bearer,
    access_token: bearer.access_token.optional().describe('Of the session that goes on. Shown this once'),
    users: z.array(z.string()).describe('Whose password changed: one in each tenant that had the old one'),
    tokens_ended: z.number().int().describe('API tokens that ended with it'),
  })
  .meta({ id: 'ChangedPassword' });
export type ChangedPassword = z.infer<typeof ChangedPassword>;

export const Me = z
  .object({
    actor: z.string().describe('The name that the audit trail has for it'),
    user: z
      .object({ id: z.string(), email: z.string().nullable(), operator: z.boolean() })
      .nullable()
      .describe('`null`: the token belongs to no person'),
    tenants: z.array(TenantPlace),
    expires_at: time.nullable(),
  })
  .meta({ id: 'Me', description: 'Who a token belongs to' });
export type Me = z.infer<typeof Me>;

export const Session = z
  .object({
    id: z.string(),
    current: z.boolean().describe('Whether the request came with it'),
    address: z.string().describe('The client’s network address as it signed in'),
    user_agent: z.string().nullable(),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: 'Session', description: 'A sign-in with a password' });
export type Session = z.infer<typeof Session>;

export const EndedSessions = z.object({ ended: z.number().int() });
export type EndedSessions = z.infer<typeof EndedSessions>;

const tokenFields = {
  id: z.string(),
  name: z.string(),
  role,
  operator: z.boolean().describe('Acts in every tenant, as the operator who made it'),
  user_id: z.string().nullable(),
  expires_at: time.nullable(),
  last_used_at: time.nullable(),
  created_at: time,
};

export const Token = z.object(tokenFields).meta({ id: 'Token', description: 'An API token, without its text' });
export type Token = z.infer<typeof Token>;

export const NewToken = z
  .object({ ...tokenFields, token: z.string().optional().describe('Its text, `annex_…`. Shown this once') })
  .meta({ id: 'NewToken' });
export type NewToken = z.infer<typeof NewToken>;

export const User = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable().describe('What they are called; `null`: by their address'),
    role,
    has_password: z.boolean().describe('`false`: signs in through the identity provider only'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

export const SupportEntry = z
  .object({
    id: z.string().describe('Of the API token: whoever leaves early deletes it'),
    token: z.string().optional().describe('Opens this tenant alone. Shown this once'),
    role,
    expires_at: time,
  })
  .meta({ id: 'SupportEntry', description: 'An operator in a tenant for support' });
export type SupportEntry = z.infer<typeof SupportEntry>;

export const suspensionScope = z
  .enum(['everything', 'background'])
  .describe(
    '`everything`: its people cannot enter either; `background`: only that nothing is started in the background',
  );

export const Tenant = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    timezone: z.string().describe('IANA zone in which its people read times; schedules name their own'),
    weight: z.number().int().describe('Turns of background work where a tenant of weight 1 gets one'),
    background_concurrency: z.number().int().describe('Background runs that it may always have at once'),
    quotas: z
      .record(z.string(), z.number())
      .describe('Limits of this tenant alone; GET /api/usage shows all that hold'),
    deletion: z
      .object({ requested_at: time, by: z.string(), erases_at: time })
      .nullable()
      .describe('It was deleted: by whom, and from when on its data goes; `null`: it lives'),
    suspension: z
      .object({ since: time, by: z.string(), reason: z.string(), scope: suspensionScope })
      .nullable()
      .describe('An operator keeps it at a standstill; `null`: it goes on'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.infer<typeof Tenant>;

const amount = z.object({ count: z.number().int(), bytes: z.number().int() });

export const Erasure = z
  .object({
    id: z.string(),
    tenant: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
    deleted_at: time.nullable(),
    deleted_by: z.string().nullable(),
    began_at: time.nullable(),
    erased_at: time,
    rows: z.record(z.string(), z.number().int()).describe('Rows that went, by table'),
    files: amount,
    packages: amount.describe('Releases of its plugins'),
    unfinished_runs: z.number().int().describe('Runs of the queue that were not done'),
    kept: z
      .array(z.object({ what: z.string(), rows: z.number().int(), why: z.string(), ends_at: time.nullable() }))
      .describe('What stays with the operator; `ends_at` is `null` for what the sweeper removes within minutes'),
  })
  .meta({ id: 'Erasure', description: 'The receipt of an erasure' });
export type Erasure = z.infer<typeof Erasure>;

export const invitationStatus = ['open', 'expired', 'accepted', 'revoked'] as const;

const invitationFields = {
  id: z.string(),
  email: z.string(),
  role,
  status: z.enum(invitationStatus),
  invited_by: Actor,
  mail: z.enum(['sent', 'failed', 'none']).describe('How the latest mail went; `none`: none was sent'),
  sent_at: time.nullable(),
  expires_at: time,
  accepted_at: time.nullable(),
  user_id: z.string().nullable().describe('Who it became'),
  revoked_at: time.nullable(),
  created_at: time,
  updated_at: time,
};

export const Invitation = z
  .object(invitationFields)
  .meta({ id: 'Invitation', description: 'Somebody who is asked into a tenant' });
export type Invitation = z.infer<typeof Invitation>;

export const NewInvitation = z
  .object({
    ...invitationFields,
    token: z.string().optional().describe('Only where no mail took it to its reader. Shown this once'),
    url: z
      .string()
      .optional()
      .describe('The link that a mail would have; only its path where ANNEX_PUBLIC_URL is not set. Shown this once'),
  })
  .meta({ id: 'NewInvitation' });
export type NewInvitation = z.infer<typeof NewInvitation>;

export const OfferedInvitation = z
  .object({
    tenant: z.object({ slug: z.string(), name: z.string() }),
    email: z.string(),
    role,
    invited_by: z.string().nullable().describe('A name or address; `null`: somebody who is gone'),
    expires_at: time,
  })
  .meta({ id: 'OfferedInvitation', description: 'What whoever holds a token sees before accepting' });
export type OfferedInvitation = z.infer<typeof OfferedInvitation>;

export const PasswordResetRequest = z
  .object({ valid_for_s: z.number().int().describe('So long a link would be good, if there is an account') })
  .meta({ id: 'PasswordResetRequest' });
export type PasswordResetRequest = z.infer<typeof PasswordResetRequest>;

export const ResetPassword = z
  .object({
    users: z.array(z.string()).describe('Whose password changed: one in each tenant that the link was for'),
    tokens_ended: z.number().int().describe('API tokens that ended with it'),
  })
  .meta({ id: 'ResetPassword' });
export type ResetPassword = z.infer<typeof ResetPassword>;

export const Profile = z
  .object({
    id: z.string().nullable().describe('`null`: known to the identity provider only'),
    email: z.string().nullable(),
    name: z.string().nullable(),
    operator: z.boolean(),
    has_password: z.boolean().describe('`false`: signs in through the identity provider only'),
    tenants: z.array(TenantPlace),
    signed_in_with: z.enum(['password', 'identity_provider']),
    expires_at: time.nullable().describe('When the sign-in ends'),
  })
  .meta({ id: 'Profile', description: 'Somebody’s own account, in all of their tenants' });
export type Profile = z.infer<typeof Profile>;
