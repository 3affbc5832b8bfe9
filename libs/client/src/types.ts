import type { events, operations } from './generated/api.js';

/** The name of a call: an `operationId` of the API. */
export type Name = keyof operations;

type Body<Operation> = Operation extends { requestBody?: infer Sent }
  ? [NonNullable<Sent>] extends [never]
    ? unknown
    : NonNullable<Sent> extends { content: infer Content }
      ? undefined extends Sent
        ? { body?: Content[keyof Content] }
        : { body: Content[keyof Content] }
      : unknown
  : unknown;

type Parameters<Operation> = Operation extends { parameters: infer All }
  ? Pick<All, keyof All & ('path' | 'query')>
  : unknown;

/** What goes with every call. */
export interface CallOptions {
  signal?: AbortSignal;
  /** The tenant, in the place of the client's. */
  tenant?: string;
  /** Of a mutation: again with the same key within 24 hours, nothing is done twice. See {@link retrying}. */
  idempotencyKey?: string;
  /** Further header fields. */
  headers?: Record<string, string>;
}

/** What a call takes: `path`, `query` and `body` as far as it has them. */
export type Input<N extends Name> = Parameters<operations[N]> & Body<operations[N]> & CallOptions;

type Success = 200 | 201 | 202 | 204 | 206 | '2XX';
type Given<Answer> = Answer extends { content: { 'application/json': infer Value } }
  ? Value
  : Answer extends { content: object }
    ? Response
    : undefined;

/**
 * What a call gives: JSON as the server sent it, `undefined` where there is none, the `Response` for bytes and streams.
 */
export type Output<N extends Name> = operations[N] extends { responses: infer All }
  ? Given<All[keyof All & Success]>
  : never;

type Arguments<In> = Record<never, never> extends In ? [input?: In] : [input: In];

/** One function for each operation of the API. */
export type Calls = { readonly [N in Name]: (...input: Arguments<Input<N>>) => Promise<Output<N>> };

interface Page {
  items: readonly unknown[];
  next_cursor: string | null;
}

/** Names of the lists. */
export type ListName = { [N in Name]: Output<N> extends Page ? N : never }[Name];
/** What stands in a list. */
export type Item<N extends ListName> = Output<N> extends { items: readonly (infer Each)[] } ? Each : never;

/** Names of the streams of events, and what each event holds. */
export type StreamName = keyof events & Name;
export type StreamEvent<N extends StreamName> = events[N];
