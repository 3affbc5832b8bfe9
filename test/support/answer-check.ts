/**
 * Looks at every JSON answer of a test's server as its own description has it: an answer with a status that is not
 * listed, a key that is not declared or one that is missing fails its request, and the end of the suite.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FastifyInstance, FastifyRequest } from 'fastify';

interface Described {
  operationId: string;
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>;
}
interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object>; responses: Record<string, Described['responses'][string]> };
}

/** The same for every server of a process, which all run the same code. */
let described: Promise<AnswerCheck> | undefined;

/** Adds the check to a server, before it has routes. Answers what was found so far. */
export function checkAnswers(server: FastifyInstance): () => string[] {
  const found: string[] = [];
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.is404 || request.routeOptions.config.gate === undefined) return payload;
    const check = await (described ??= server.inject('/openapi.json').then((answer) => new AnswerCheck(answer.json())));
    const fault = check.faultOf(request, reply.statusCode, String(reply.getHeader('content-type') ?? ''), payload);
    if (fault === undefined) return payload;
    found.push(fault);
    void reply.code(500).header('content-type', 'text/plain').removeHeader('content-length');
    return `The answer is not as described. ${fault}`;
  });
  return () => found;
}

class AnswerCheck {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction | undefined>();

  constructor(private readonly document: Document) {
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'openapi', components: closed(document.components) as object });
  }

  faultOf(request: FastifyRequest, status: number, type: string, payload: unknown): string | undefined {
    const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
    const path = (request.routeOptions.url ?? '')
      .replace(/\/$/, '')
      .replace(/:(\w+)/g, '{$1}')
      .replace('*', '{path}');
    const operation = this.document.paths[path]?.[method];
    if (!operation) return `${method} ${path} is described nowhere.`;
    const where = `${operation.operationId} ${status}`;
    const answer = operation.responses[status];
    if (!answer) return status >= 500 ? undefined : `${where}: the status is not listed.`;
    if (typeof payload !== 'string' || !/\bjson\b/.test(type)) {
      const { content = {} } = this.#resolve(answer);
      return payload === undefined || payload === null || payload === '' || !('application/json' in content)
        ? this.#faultOfNothing(where, content, payload)
        : `${where}: JSON is described, ${type} was sent.`;
    }
    const validate = this.#validatorOf(where, answer, type);
    if (!validate) return `${where}: ${type} is not described.`;
    const value: unknown = JSON.parse(payload);
    if (validate(value)) return undefined;
    return (
      `${where}: ${this.#ajv.errorsText(validate.errors?.slice(0, 5))} ` +
      `${JSON.stringify(validate.errors?.[0]?.params)} in ${payload.slice(0, 500)}`
    );
  }

  #faultOfNothing(where: string, content: object, payload: unknown): string | undefined {
    const isEmpty = payload === undefined || payload === null || payload === '';
    return isEmpty && 'application/json' in content ? `${where}: JSON is described, nothing was sent.` : undefined;
  }

  #resolve(answer: Described['responses'][string]): Described['responses'][string] {
    const name = answer.$ref?.split('/').at(-1);
    return name === undefined ? answer : (this.document.components.responses[name] ?? {});
  }

  #validatorOf(where: string, answer: Described['responses'][string], type: string): ValidateFunction | undefined {
    const [media = ''] = type.split(';');
    const key = `${where} ${media}`;
    if (!this.#validators.has(key)) {
      const schema = this.#resolve(answer).content?.[media]?.schema;
      this.#validators.set(key, schema && this.#ajv.compile(inDocument(closed(schema)) as object));
    }
    return this.#validators.get(key);
  }
}

/** The same schema, whose objects hold what they declare and nothing else, unless they say more. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  const isOpen = 'properties' in schema && typeof schema.properties === 'object' && !('additionalProperties' in schema);
  return isOpen && 'type' in schema ? { ...parts, additionalProperties: false } : parts;
}

function inDocument(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/'));
}
