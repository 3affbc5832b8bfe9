import { packageRules } from '@annex/catalogue';
import { z } from 'zod';
import { fault, listOf, time } from './shared.js';

const ListedRelease = z.object({
  version: z.string(),
  sha256: z.string().describe('Of the archive, in hex'),
  publisher: z.string().describe('As the catalogue names it; who vouches for it stands on the release once it is here'),
  permissions: z.array(z.string()),
  yanked: z.boolean().describe('It was taken back, and cannot be installed any more'),
  yanked_because: z.string().nullable(),
});

export const ListedPlugin = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    publisher: z.string(),
    latest: z.string().nullable().describe('What an installation takes; `null`: all were taken back'),
    releases: z.array(ListedRelease).describe('The newest first; lists show 20 of them'),
    installed: z
      .object({
        version: z.string(),
        sha256: z.string(),
        listed: z.boolean().describe('The catalogue lists these very bytes'),
        yanked: z.boolean().describe('What is installed was taken back'),
        newer: z.string().nullable().describe('A newer version; `null`: there is none'),
      })
      .nullable()
      .describe('The active release of the tenant’s plugin; `null`: it has none'),
  })
  .meta({ id: 'ListedPlugin', description: 'A plugin of the catalogue' });
export type ListedPlugin = z.infer<typeof ListedPlugin>;

export const CataloguePage = listOf(ListedPlugin)
  .extend({
    catalogue: z
      .object({
        serial: z.number().int().describe('Grows with each catalogue that is published'),
        issued_at: time,
        expires_at: time,
        signed_by: z.object({ publisher: z.string(), key_id: z.string() }),
        read_at: time,
      })
      .nullable()
      .describe('`null`: there is none, or none that counts'),
    problem: fault.nullable().describe('Why there is none, or why it is the last good one; `null`: all is well'),
  })
  .meta({ id: 'CataloguePage' });
export type CataloguePage = z.infer<typeof CataloguePage>;

export const Publishers = z
  .object({
    rule: z.enum(packageRules).describe('Which packages are let in: `ANNEX_PACKAGES`'),
    items: z.array(
      z.object({
        key_id: z.string(),
        publisher: z.string(),
        slugs: z
          .array(z.string())
          .nullable()
          .describe('That it may sign, `*` at the end for all that begin so; `null`: all'),
        signs: z.array(z.enum(['packages', 'catalogue'])),
        revoked: z.string().nullable().describe('Why it counts no more; `null`: it does count'),
      }),
    ),
    former: z.array(z.string()).describe('Keys that were listed once, which count as revoked'),
    problem: fault.nullable().describe('Why the list cannot be read; `null`: it was, or there is none'),
  })
  .meta({ id: 'Publishers', description: 'Whose signatures count' });
export type Publishers = z.infer<typeof Publishers>;
