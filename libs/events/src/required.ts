/** What a source must say of each event, and what of it an event lacks. */
import { isJsonObject, quote, type Json } from '@annex/kernel';
import { hookLimits } from '@annex/limits';

/** Why a text is no path into an event such as `subject` or `data.body.action`; `undefined` when it is one. */
export function requiredPathFault(path: string): string | undefined {
  const [first = '', ...rest] = path.split('.');
  const isOne =
    path.length <= hookLimits.pathChars &&
    rest.length < hookLimits.pathSegments &&
    (first === 'subject' ? rest.length === 0 : first === 'data' && rest.length > 0 && !rest.includes(''));
  return isOne
    ? undefined
    : `${quote(path, 80)} is neither "subject" nor a path such as "data.message", of at most ${hookLimits.pathChars} ` +
        `characters and ${hookLimits.pathSegments} segments.`;
}

/** The paths at which an event has nothing, or `null`; only own members and items count. */
export function missingPaths(event: { subject: string | null; data: Json }, required: readonly string[]): string[] {
  return required.filter((path) => {
    let value: Json | undefined = { subject: event.subject, data: event.data };
    for (const part of path.split('.')) value = memberOf(value, part);
    return value === undefined || value === null;
  });
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(value)) return /^\d{1,6}$/.test(name) ? value[Number(name)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
