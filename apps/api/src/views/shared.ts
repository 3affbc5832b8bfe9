import { actorTypes, roles } from '@annex/access';
import { runStatuses } from '@annex/runs';
import type { Json, JsonObject } from '@annex/kernel';
import { z } from 'zod';

/** A moment: RFC 3339, UTC. */
export const time = z.iso.datetime({ offset: true });

/** Any JSON that is not ours to describe: what plugins and people gave. */
export const json = z.custom<Json>(() => true);
export const jsonObject = z.custom<JsonObject>(() => true).meta({ type: 'object', additionalProperties: true });

export const role = z.enum(roles).meta({ id: 'Role' });
export const runStatus = z.enum(runStatuses).meta({ id: 'RunStatus' });

/** A page of a list, `Page` of libs/kernel. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('Of the next page; `null`: this is the last'),
  });
}

/** What went wrong, as runs and deliveries tell it. */
export const fault = z
  .object({
    code: z.string().describe('Stable; docs/errors.md lists these codes'),
    message: z.string(),
  })
  .meta({ id: 'Fault' });

/** One fault of an input. */
export const inputFault = z
  .object({ pointer: z.string().describe('JSON pointer into the input'), code: z.string(), detail: z.string() })
  .meta({ id: 'InputFault' });

export const Actor = z
  .object({
    id: z.string(),
    type: z.enum(actorTypes).describe('`run`: a plugin’s code. `identity`: known to the identity provider only'),
    name: z.string().nullable().describe('An e-mail address, or a token’s name; `null`: it has none, or is gone'),
  })
  .meta({ id: 'Actor', description: 'Who did something' });

/** Beside an id of somebody, in lists: who that is. */
export const who = Actor.nullable()
  .optional()
  .describe('In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above');
