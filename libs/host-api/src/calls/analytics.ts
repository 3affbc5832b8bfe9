import { analyticsLimits } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { jsonObject, jsonUpTo, line, optional } from '../wire.js';

export const analyticsCalls = {
  'analytics.track': row({
    args: z.tuple([line(200), optional(jsonUpTo(jsonObject, analyticsLimits.propsBytes))]),
    result: z.null(),
    doc:
      'Counts a name into the tenant’s usage of the day, and sums the numeric properties given with it; other ' +
      'properties are not kept. At most 200 names a day and 20 numbers a call. In a hook or job it counts when the ' +
      'run ends well.',
    example: "await ctx.analytics.track('report_made', { rows: 20 })",
  }),
};
