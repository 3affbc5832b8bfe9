import { isDeepStrictEqual } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
export type Schema = Schemas[string] & { description?: string };

/**
 * Schemas of OpenAPI 3.1, which are JSON Schema 2020-12, out of zod's. A schema with an id (`.meta({ id: 'Run' })`)
 * becomes a component of that name, and everything else refers to it.
 */
export class SchemaBook {
  readonly #components: Schemas = {};

  /** The components so far, for `#/components/schemas`. */
  get components(): Schemas {
    return this.#components;
  }

  /** Throws when a component of its name says something else, or when a part that repeats itself has no name. */
  schemaOf(schema: z.ZodType): Schema {
    const {
      $schema: _,
      $defs = {},
      ...root
    } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override });
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition);
    return toComponents(root) as Schema;
  }

  #add(name: string, definition: object): void {
    if (name.startsWith('__')) throw new Error('A schema that repeats itself needs a name: add .meta({ id })');
    const schema = toComponents(definition) as Schema;
    const known = this.#components[name];
    if (known && !isDeepStrictEqual(known, schema)) throw new Error(`Two schemas call themselves ${name}`);
    this.#components[name] = schema;
  }
}

/** Leaves out what zod says of a time and an integer beyond their names: true, and of no use to a reader. */
function override({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.type !== 'integer') return;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** The same with `#/$defs/X` as `#/components/schemas/X`. */
function toComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComponents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string'
        ? part.replace(/^#\/\$defs\//, '#/components/schemas/')
        : toComponents(part),
    ]),
  );
}
