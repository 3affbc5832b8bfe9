/**
 * What the server answered a recorded run, given back to the same calls here. A call is the same when method and
 * arguments are; where the record has `***`, anything may stand. Of calls that are alike the answers come in order.
 */
import type { Annex } from '@annex/client';
import { AnnexProblem } from '@annex/client';
import type { CtxAnswer, CtxCall } from '@annex/sdk/testing';

type Recorded = Awaited<ReturnType<Annex['listCalls']>>['items'][number];
type Asked = Pick<CtxCall, 'method' | 'args'>;

/** A call that was made then or here, and not at the other place. */
export interface DifferentCall {
  method: string;
  /** Of the recorded run; left out: it made no such call. */
  recorded?: unknown;
  /** Of the run here; left out: it made no such call. */
  local?: unknown;
}

/** Calls of secrets are answered from `.env`, which alone knows the values. */
const own = /^secrets\./;

export class RecordedAnswers {
  readonly #left: Recorded[];
  readonly #unlike: Asked[] = [];
  /** Calls here that were answered as they were then. */
  answered = 0;
  /** Methods of calls whose answer the record does not hold. */
  readonly withoutAnswer = new Set<string>();

  constructor(private readonly recorded: readonly Recorded[]) {
    this.#left = [...recorded];
  }

  /** Calls that were recorded. */
  get size(): number {
    return this.recorded.length;
  }

  /** Answers a call as it was answered then; `undefined`: it was not made then, or the answer was not kept. */
  readonly answer = (asked: Asked): CtxAnswer | undefined => {
    const place = this.#left.findIndex(({ method, args }) => method === asked.method && isSame(args, asked.args));
    const [found] = place < 0 ? [] : this.#left.splice(place, 1);
    if (found === undefined) {
      this.#unlike.push(asked);
      return undefined;
    }
    if (own.test(found.method)) return undefined;
    if (found.error) {
      this.answered += 1;
      return { error: { code: found.error.code, message: found.error.message } };
    }
    if (found.answer === undefined) {
      this.withoutAnswer.add(found.method);
      return undefined;
    }
    this.answered += 1;
    return { result: found.answer as never };
  };

  /** Whether memory had to answer something that matters. */
  get needsMemory(): boolean {
    return this.#unlike.length > 0 || this.withoutAnswer.size > 0;
  }

  /** Methods of the calls that were not made then. */
  get unlike(): string[] {
    return this.#unlike.map(({ method }) => method);
  }

  /** Calls that differ: with other arguments, made here only, made then only. */
  differences(): DifferentCall[] {
    const left = [...this.#left];
    const different = this.#unlike.map(({ method, args }): DifferentCall => {
      const place = left.findIndex((each) => each.method === method);
      const [then] = place < 0 ? [] : left.splice(place, 1);
      return { method, ...(then && { recorded: then.args }), local: args };
    });
    return [...different, ...left.map(({ method, args }) => ({ method, recorded: args }))];
  }
}

/** What the server kept of an attempt; `undefined`: it was not recorded, or this caller may not see it. */
export async function readRecorded(annex: Annex, id: string, attempt: number): Promise<Recorded[] | undefined> {
  try {
    const { attempt: found, items } = await annex.listCalls({ path: { id }, query: { attempt } });
    return found === null ? undefined : items;
  } catch (thrown) {
    if (thrown instanceof AnnexProblem && (thrown.status === 403 || thrown.status === 404)) return undefined;
    throw thrown;
  }
}

/** `recorded`: may hold `***` for what was masked, and `null` for arguments that were left out. */
function isSame(recorded: unknown, local: unknown): boolean {
  if (recorded === null) return true;
  return isAlike(recorded, local);
}

function isAlike(recorded: unknown, local: unknown): boolean {
  if (recorded === mask) return true;
  if (typeof recorded === 'string') return typeof local === 'string' && fits(recorded, local);
  if (typeof recorded !== 'object' || recorded === null || typeof local !== 'object' || local === null)
    return recorded === local;
  if (Array.isArray(recorded) !== Array.isArray(local)) return false;
  const [then, here] = [Object.entries(recorded), local as Record<string, unknown>];
  return (
    then.length === Object.keys(here).length &&
    then.every(([key, value]) => Object.hasOwn(here, key) && isAlike(value, here[key]))
  );
}

const mask = '***';

/** Whether a text is one that masking made the recorded text of. */
function fits(recorded: string, local: string): boolean {
  const [first = '', ...parts] = recorded.split(mask);
  if (parts.length === 0) return recorded === local;
  if (!local.startsWith(first)) return false;
  const last = parts.pop() ?? '';
  let from = first.length;
  for (const part of parts) {
    const found = local.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return local.length >= from + last.length && local.endsWith(last);
}
