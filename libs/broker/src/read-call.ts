/**
 * Turns what plugin code sent into a checked call. Nothing here trusts the text: not its size, its depth, its shape or
 * its name.
 */
import { explainIssue, tooLargeCode, type HostCallRow } from '@annex/host-api';
import { didYouMean, isDeeperThan, jsonPointer, quote, type InputFault, type Json } from '@annex/kernel';
import { callLimits } from '@annex/limits';
import type { z } from 'zod';
import { brokerErrors } from './errors.js';

/** Arguments as they came. */
interface SentArgs {
  args: string;
  text?: string;
}

/** Reads the arguments of a call. Throws `PAYLOAD_TOO_LARGE` or `INVALID_ARGUMENTS`, naming each fault. */
export function readArgs(row: HostCallRow & { name: string }, { args, text }: SentArgs): unknown {
  const { maxArgsBytes } = row;
  const bytes = (): number => Buffer.byteLength(args) + Buffer.byteLength(text ?? '');
  // A character is at least one byte, so the cheap test comes first and a huge text is never measured.
  if (args.length + (text?.length ?? 0) > maxArgsBytes || bytes() > maxArgsBytes) {
    throw brokerErrors.error(
      'PAYLOAD_TOO_LARGE',
      `The arguments of ctx.${row.name} are ${bytes()} bytes of JSON; the limit is ${maxArgsBytes}. Send less, or in ` +
        'parts.',
    );
  }
  let value: Json;
  try {
    value = JSON.parse(args) as Json;
  } catch {
    throw brokerErrors.error('INVALID_ARGUMENTS', `The arguments of ctx.${row.name} are not JSON.`);
  }
  if (isDeeperThan(value, callLimits.jsonLevels + 4)) {
    throw brokerErrors.error(
      'INVALID_ARGUMENTS',
      `The arguments of ctx.${row.name} are nested deeper than ${callLimits.jsonLevels} levels. Send something ` +
        'flatter.',
    );
  }
  if (text !== undefined && row.putText?.(value, text) !== true)
    throw brokerErrors.error('INVALID_ARGUMENTS', `The arguments of ctx.${row.name} have no place for a text apart.`);
  const read = row.args.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.slice(0, 8).map((issue): InputFault => {
    const params = 'params' in issue ? (issue.params as { code?: unknown } | undefined) : undefined;
    return {
      pointer: jsonPointer(...issue.path.map(String)),
      code: String(params?.code ?? issue.code),
      detail: explain(issue),
    };
  });
  const code = faults.some((fault) => fault.code === tooLargeCode) ? 'PAYLOAD_TOO_LARGE' : 'INVALID_ARGUMENTS';
  throw brokerErrors.error(code, `ctx.${row.name}: ${faults.map(describe).join('; ')}. For example: ${row.example}`, {
    errors: faults,
  });
}

/** Why there is no call of that name. */
export function unknownCall(name: string, known: readonly string[]): Error {
  return brokerErrors.error('UNKNOWN_HOST_CALL', `There is no host call ${quote(name)}.${didYouMean(name, known)}`);
}

/** The list of arguments is no value that the caller wrote, so its length is told in other words. */
function explain(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 0 && issue.code === 'too_small')
    return (
      `takes at least ${issue.minimum} argument${issue.minimum === 1 ? '' : 's'}; the last of them is missing or ` +
      'undefined'
    );
  if (issue.path.length === 0 && issue.code === 'too_big')
    return `takes at most ${issue.maximum} argument${issue.maximum === 1 ? '' : 's'}`;
  return explainIssue(issue);
}

/** "argument 2, /ttl: …": the first token of the pointer is the argument's place. */
function describe({ pointer, detail }: InputFault): string {
  const [, place, ...rest] = pointer.split('/');
  if (place === undefined || !/^\d+$/.test(place)) return detail;
  return `argument ${Number(place) + 1}${rest.length ? `, /${rest.join('/')}` : ''}: ${detail}`;
}
