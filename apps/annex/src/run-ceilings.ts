import { messageOf } from '@annex/kernel';
import { readOperatorCeilings, type OperatorCeilings } from '@annex/limits';

/** Reads `ANNEX_LIMITS`: what runs may use, as JSON. Every problem as `<pointer>: what to write`. */
export function readRunCeilings(text: string): { ceilings: OperatorCeilings; problems: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    return { ceilings: {}, problems: [`must be JSON: ${messageOf(thrown)}`] };
  }
  return readOperatorCeilings(json);
}
