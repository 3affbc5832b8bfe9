/** JSON Schema as TypeScript: what a value is after it was checked and its defaults were filled in. */
import type { JsonObject } from '@annex/kernel';

interface Place {
  /** What `#/…` leads into. */
  root: JsonObject;
  indent: string;
  /** References that lead here. */
  within?: readonly string[];
}

/** What the schema says nothing of, or more than a type can. */
const anything = 'unknown';
const plain: Record<string, string> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** A type as text; its lines but the first are indented. */
export function typeOfSchema(schema: unknown, place: Place): string {
  if (!isObject(schema)) return schema === false ? 'never' : anything;
  const { $ref: ref, const: only, enum: values, anyOf, oneOf, allOf, type } = schema;
  if (typeof ref === 'string') return referenced(ref, place);
  if ('const' in schema) return literal(only);
  if (Array.isArray(values)) return joined(values.map(literal), ' | ');
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined;
  if (choices)
    return joined(
      choices.map((each) => typeOfSchema(each, place)),
      ' | ',
    );
  if (Array.isArray(allOf)) {
    const { allOf: _, ...rest } = schema;
    const parts = [...(Object.keys(rest).length > 0 ? [rest] : []), ...allOf];
    return joined(
      parts.map((each) => typeOfSchema(each, place)).filter((each) => each !== anything),
      ' & ',
    );
  }
  const types = Array.isArray(type) ? type : type === undefined ? implied(schema) : [type];
  return joined(
    types.map((each) => typeNamed(String(each), schema, place)),
    ' | ',
  );
}

function implied(schema: JsonObject): string[] {
  if ('properties' in schema) return ['object'];
  return 'items' in schema ? ['array'] : [];
}

function typeNamed(type: string, schema: JsonObject, place: Place): string {
  if (type === 'array') {
    const item = typeOfSchema(schema['items'], place);
    return /[|&]/.test(item) ? `(${item})[]` : `${item}[]`;
  }
  return type === 'object' ? objectType(schema, place) : (plain[type] ?? anything);
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonObject, place: Place): string {
  const names = isObject(properties) ? Object.entries(properties) : [];
  const inner = `${place.indent}  `;
  const lines = names.flatMap(([name, schema]) => {
    const always = (Array.isArray(required) && required.includes(name)) || (isObject(schema) && 'default' in schema);
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return [
      ...described(schema, inner),
      `${inner}${key}${always ? '' : '?'}: ${typeOfSchema(schema, { ...place, indent: inner })};`,
    ];
  });
  if (lines.length > 0) return ['{', ...lines, `${place.indent}}`].join('\n');
  if (additionalProperties === false) return 'Record<string, never>';
  const value = isObject(additionalProperties) ? typeOfSchema(additionalProperties, place) : anything;
  return `Record<string, ${value}>`;
}

function described(schema: unknown, indent: string): string[] {
  const description = isObject(schema) ? schema['description'] : undefined;
  if (typeof description !== 'string' || description === '') return [];
  return [`${indent}/** ${description.replaceAll('*/', '*\\/').replace(/\s+/g, ' ')} */`];
}

/** A schema that holds itself is followed once. */
function referenced(ref: string, place: Place): string {
  const { root, within = [] } = place;
  if (!ref.startsWith('#') || within.includes(ref)) return anything;
  let target: unknown = root;
  for (const token of ref.split('/').slice(1)) {
    const name = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    target = isObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return target === undefined ? anything : typeOfSchema(target, { ...place, within: [...within, ref] });
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? anything : JSON.stringify(value);
}

function joined(types: readonly string[], by: ' | ' | ' & '): string {
  const each = [...new Set(types)];
  if (each.length === 0 || (by === ' | ' && each.includes(anything))) return anything;
  return each.map((type) => (by === ' & ' && type.includes(' | ') ? `(${type})` : type)).join(by);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
