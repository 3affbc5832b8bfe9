import { SourcePlaces } from '@annex/kernel';
import { outcomeErrors } from '@annex/lifecycle';
import type { Bundle, InspectOutcome, Sandbox } from '@annex/sandbox';

/**
 * Runs a bundle's entry once to read what it registers. An executor that was lost is tried a second time: the first loss may have been ours,
 * a second one is the entry's doing and becomes a fault of the package. Throws `OVERLOADED` when there is no executor to be had.
 */
export async function inspectEntry(sandbox: Pick<Sandbox, 'inspect'>, bundle: Bundle & { sourceMap?: string }): Promise<InspectOutcome> {
  let outcome = await sandbox.inspect(bundle);
  if (!outcome.ok && outcome.error.code === 'EXECUTOR_LOST') outcome = await sandbox.inspect(bundle);
  if (!outcome.ok && outcome.error.code === 'OVERLOADED') {
    throw outcomeErrors.error('OVERLOADED', 'No sandbox is free to try the package out. Send it again in a moment.', { retryAfterS: 5 });
  }
  if (outcome.ok) return outcome;
  const place = await placeOf(outcome.error.stack ?? '', bundle.sourceMap ?? '');
  return place === undefined ? outcome : { ...outcome, error: { ...outcome.error, message: `${outcome.error.message} (at ${place})` } };
}

/** Larger source maps are not read, because reading one takes the program's time. In characters. */
const maxMapChars = 4 * 2 ** 20;

/** File and line of the author's where an entry threw: the first of the stack that has one. */
async function placeOf(stack: string, sourceMap: string): Promise<string | undefined> {
  const places = [...stack.slice(0, 4096).matchAll(/\bplugin\.js:(\d{1,7}):(\d{1,7})/g)];
  if (places.length === 0 || sourceMap === '' || sourceMap.length > maxMapChars) return undefined;
  const map = await SourcePlaces.read(sourceMap);
  for (const [, line, column] of places) {
    const found = map?.find(Number(line), Number(column));
    if (found !== undefined && !/^(sdk|missing):/.test(found.source)) return `${found.source}:${found.line}:${found.column}`;
  }
  return undefined;
}
