import { restLimits } from '@annex/limits';
import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import { z } from 'zod';
import type { Answers, Given } from './answers.js';
import { Allow, type Gate } from './authentication.js';
import { ShownOnce } from './idempotency.js';

export interface Description<A extends Answers = Answers> {
  /** Its `operationId`, and so a client's name for it: a verb and what it is about. Unique; `listRuns`. */
  name: string;
  summary: string;
  gate: Gate;
  body?: z.ZodType;
  /** Points of the tenant's that a call costs (`CallBudget`). Default 0. */
  callPoints?: number;
  /** The body is an event: a large one costs points of an account of its own (`EventBudget`). */
  takesEvent?: boolean;
  /** The body may be YAML too ({@link YamlText}). */
  takesYaml?: boolean;
  /**
   * Bytes of a body. Default {@link restLimits.bodyBytes}; what carries values of plugins takes the server's own limit,
   * `Infinity`.
   */
  maxBodyBytes?: number;
  query?: z.ZodObject;
  /** What it answers where it succeeds, by status. What the method gives is checked against it by TypeScript. */
  answers: A;
  /** Statuses of problems beyond those that its gate, path, parameters and body imply. */
  problems?: readonly number[];
  /** Fields of the answer that are shown this once and kept nowhere. */
  shownOnce?: string[];
  /** The endpoint takes a ZIP as multipart/form-data. */
  upload?: boolean;
  /** It takes the passphrase of an archive, in a header. */
  takesPassphrase?: boolean;
  /** It answers with a stream of events, which a token in the address may open. */
  stream?: boolean;
  /** The body is bytes, as a stream; their content type says what they are. */
  bytes?: boolean;
  description?: string;
}

type EndpointDecorator<A extends Answers> = <Method extends (...args: never[]) => Given<A> | Promise<Given<A>>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

const DESCRIPTION = Symbol('description');

/** What every stream takes beside its own parameters. */
const streamToken = {
  stream_token: z.string().optional().describe('Of `createStreamToken`, where no header can be sent'),
};

/**
 * One decorator an endpoint: who may call it, and what OpenAPI says of it (`apps/api/src/openapi`). The body's schema
 * is the one that {@link input} checks.
 */
export function Endpoint<const A extends Answers>(given: Description<A>): EndpointDecorator<A> {
  const described = given.stream ? { ...given, query: (given.query ?? z.object({})).extend(streamToken) } : given;
  const {
    name,
    gate,
    answers,
    callPoints,
    takesEvent,
    takesYaml,
    maxBodyBytes = restLimits.bodyBytes,
    query,
    upload,
    shownOnce,
    stream,
  } = described;
  const decorators: MethodDecorator[] = [
    Allow(gate),
    SetMetadata(DESCRIPTION, described),
    ApiOperation({ operationId: name }),
    HttpCode(Number(Object.keys(answers)[0])),
    RouteConfig({
      gate,
      ...(callPoints !== undefined && { callPoints }),
      ...(takesEvent && { takesEvent }),
      ...(takesYaml && { takesYaml }),
      ...(gate !== 'public' && { queryNames: Object.keys(query?.shape ?? {}) }),
      ...(stream && { isStream: true }),
      ...(Number.isFinite(maxBodyBytes) && !upload && { maxBodyBytes }),
      ...(upload && { upload }),
    }),
  ];
  if (shownOnce) decorators.push(ShownOnce(shownOnce));
  return applyDecorators(...decorators);
}

/** What `@Endpoint` says of a controller's method; `undefined`: it has none. */
export function descriptionOf(method: object): Description | undefined {
  return Reflect.getMetadata(DESCRIPTION, method) as Description | undefined;
}
