/** What is wrong with templates as they stand, found by reading them and running nothing. */
import { Liquid, LiquidError } from 'liquidjs';
import { templateLimits } from '@annex/limits';

export interface TemplateFault {
  /** Path below `templates/`. */
  file: string;
  /** From 1, where it is known. */
  line: number | undefined;
  message: string;
}

/**
 * The first fault of each template that cannot be read: tags that do not close, filters and tags that there are none
 * of. What a template puts in is found when it is rendered. It is done on the caller's own thread: templates are
 * strangers' text, so the process must be one that can be ended.
 */
export function findTemplateFaults(files: Readonly<Record<string, string>>): TemplateFault[] {
  const liquid = new Liquid({ templates: {}, strictFilters: true, parseLimit: templateLimits.sourceBytes });
  return Object.entries(files).flatMap(([file, text]) => {
    try {
      liquid.parse(text, file);
      return [];
    } catch (thrown) {
      if (!LiquidError.is(thrown))
        return [
          {
            file,
            line: undefined,
            message: thrown instanceof RangeError ? 'it is nested too deeply' : 'it cannot be read',
          },
        ];
      const { token } = thrown as unknown as { token?: { getPosition(): [number, number] } };
      return [
        {
          file,
          line: token?.getPosition()[0],
          message: said(thrown.message),
        },
      ];
    }
  });
}

/** Liquid's words; of what is not closed, also what closes it. */
function said(message: string): string {
  const text = message.replace(/, (file|line):.*$/s, '').slice(0, 300);
  const [, kind, opened] = /^(output|tag) "\{([{%]).*" not closed$/s.exec(text) ?? [];
  return kind === undefined ? text : `${text}; write "${opened === '%' ? '%' : '}'}}" at its end`;
}
