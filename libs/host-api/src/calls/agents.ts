import { maxPayloadBytes } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { json, jsonUpTo, line } from '../wire.js';

/** Agents of the package. */
export const agentCalls = {
  'agents.send': row({
    args: z.tuple([line(200), jsonUpTo(json, maxPayloadBytes)]),
    result: z.object({ delivery_id: z.string(), status: z.string() }),
    permission: 'agents.call',
    meter: 'webhook_sends',
    doc: 'Asks an agent of this package (`agents/<name>.yaml`), now. Its answer comes as an event.',
    example: "await ctx.agents.send('triage', { pod: 'web-1' })",
  }),
};
