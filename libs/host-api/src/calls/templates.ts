import { z } from 'zod';
import { row } from '../row.js';
import { jsonObject, line, optional } from '../wire.js';

export const templateCalls = {
  'templates.render': row({
    args: z.tuple([line(200), optional(jsonObject)]),
    result: z.string(),
    doc:
      'Renders a Liquid template of the package’s `templates/` folder. What it puts out is escaped for HTML unless ' +
      'its name says `.txt` or another plain text; it may include the folder’s other templates and reaches nothing ' +
      'else.',
    example: "const html = await ctx.templates.render('report.liquid', { rows })",
  }),
};
