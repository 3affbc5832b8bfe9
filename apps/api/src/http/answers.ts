import type { z } from 'zod';

/** A success without a body. */
export interface NoBody {
  kind: 'nothing';
}

/** A body that is no JSON of ours; the controller sends it itself. */
export interface RawBody {
  kind: 'raw';
  /** The media type; two stars: that of what is sent. */
  type: string;
  /** What it is, where its type does not say that. */
  description?: string;
  /** What a JSON of another media type holds. */
  schema?: z.ZodType;
  /** Of a stream of server-sent events: the `data` of each. */
  event?: z.ZodType;
}

/** What an endpoint answers where it succeeds: JSON by its schema, or a body said explicitly. */
export type Answer = z.ZodType | NoBody | RawBody;

/** Every success of an endpoint, by status. With more than one the controller sets the status. */
export type Answers = Readonly<Record<number, Answer>>;

/** What a controller's method gives for these answers, so that TypeScript proves the shape of each. */
export type Given<A extends Answers> = { [Status in keyof A]: GivenFor<A[Status]> }[keyof A];
type GivenFor<A> = A extends z.ZodType<infer Value> ? Value : A extends RawBody ? unknown : void;

export const nothing: NoBody = { kind: 'nothing' };

/** Bytes with the content type of what they are. */
export const bytes = (description: string): RawBody => ({ kind: 'raw', type: '*/*', description });

/** A text of one media type, which the controller sets. */
export const text = (type: string, description?: string): RawBody => ({
  kind: 'raw',
  type,
  ...(description && { description }),
});

/** JSON of a media type of its own, which the controller sets. */
export const jsonAs = (type: string, schema: z.ZodType): RawBody => ({ kind: 'raw', type, schema });

/** Server-sent events, each with such `data`. */
export const eventStream = (event: z.ZodType): RawBody => ({ kind: 'raw', type: 'text/event-stream', event });

export const isSchema = (answer: Answer): answer is z.ZodType => '_zod' in answer;
