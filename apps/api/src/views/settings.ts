import { z } from 'zod';
import { json, time, who } from './shared.js';

export const Setting = z
  .object({
    key: z.string(),
    value: json,
    revision: z.number().int().describe('Of the change that made it so; it counts over the whole tree'),
    updated_by: z.string().nullable(),
    who,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Setting', description: 'A key of the tenant’s tree of settings' });
export type Setting = z.infer<typeof Setting>;

export const SettingList = z
  .object({
    items: z.array(Setting),
    next_cursor: z.string().nullable().describe('Of the next page; `null`: this is the last'),
    revision: z.number().int().describe('What the tree is at; a stream with `since` begins behind it'),
  })
  .meta({ id: 'SettingList' });
export type SettingList = z.infer<typeof SettingList>;

export const SettingWatch = z
  .object({
    patterns: z.array(z.string()),
    revision: z.number().int().describe('All up to here was told'),
    head: z.number().int().describe('What the tree is at'),
    active: z.boolean().describe('`false`: the plugin is off, and hears of nothing'),
    synced: z.boolean().describe('Every key was told since it was enabled'),
    pending: z.object({ key: z.string(), revision: z.number().int() }).nullable().describe('What is being told now'),
    refused: z
      .array(z.object({ key: z.string(), revision: z.number().int(), code: z.string(), message: z.string(), at: time }))
      .describe('Changes that the handler threw at, until it takes a later one of the key'),
  })
  .meta({ id: 'SettingWatch', description: 'How far a plugin has heard of the tenant’s settings' });
export type SettingWatch = z.infer<typeof SettingWatch>;

export const SettingChange = z
  .object({
    revision: z.number().int(),
    key: z.string(),
    op: z.enum(['put', 'delete']),
    value: json.describe('`null` after `delete`'),
    previous: json.describe('What was there before; `null`: nothing'),
    changed_by: z.string().nullable(),
    time,
  })
  .meta({ id: 'SettingChange', description: 'A change of the tenant’s tree of settings' });
export type SettingChange = z.infer<typeof SettingChange>;
