/**
 * The texts of mappings: Liquid's output tags, `{{ path | filter }}`, and nothing else of it. Emits render them inside
 * transactions of others, so there is no loop, no thread and no wait here: a text costs what its length says. What is
 * taken means what it means in Liquid (test/conformance/mapping-texts.spec.ts holds it against liquidjs). ADR 40.
 */
import { didYouMean, isJsonObject, quote, type Json } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { isForbiddenName } from '@annex/host-api';
import { filters } from './text-filters.js';
import { concat, textOf, wellFormed, type Value } from './text-value.js';

/** Makes the text for an event, at most {@link mappingLimits.renderedChars} characters. */
export type RenderText = (event: { readonly [name: string]: Json }) => string;
export type TextReading = { ok: true; render: RenderText } | { ok: false; detail: string };

type Evaluate = (event: { readonly [name: string]: Json }) => Value;

const maxFilters = 8;

class TextFault extends Error {}

/** Reads a text. `roots`: the names with which a path may begin. */
export function readText(text: string, roots: readonly string[]): TextReading {
  if (text.length > mappingLimits.textChars)
    return { ok: false, detail: `has ${text.length} characters; the limit is ${mappingLimits.textChars}.` };
  if (text.includes('{%'))
    return {
      ok: false,
      detail: 'has a tag ({% … %}); only {{ … }} is read here. Use filters such as {{ subject | default: "none" }}.',
    };
  try {
    const parts = split(text).map((part) =>
      typeof part === 'string' ? part : new ExpressionReader(part.expression, roots).read(),
    );
    return { ok: true, render: (event) => join(parts, event) };
  } catch (thrown) {
    if (thrown instanceof TextFault) return { ok: false, detail: thrown.message };
    throw thrown;
  }
}

function* rendered(parts: readonly (string | Evaluate)[], event: { readonly [name: string]: Json }): Iterable<string> {
  for (const part of parts) yield typeof part === 'string' ? part : textOf(part(event));
}

function join(parts: readonly (string | Evaluate)[], event: { readonly [name: string]: Json }): string {
  return wellFormed(concat(rendered(parts, event)));
}

function split(text: string): (string | { expression: string })[] {
  const parts: (string | { expression: string })[] = [];
  let rest = text;
  let trimsNext = false;
  for (;;) {
    const start = rest.indexOf('{{');
    const raw = start < 0 ? rest : rest.slice(0, start);
    const trimsEnd = start >= 0 && rest[start + 2] === '-';
    let kept = trimsNext ? raw.trimStart() : raw;
    if (trimsEnd) kept = kept.trimEnd();
    if (kept !== '') parts.push(kept);
    if (start < 0) return parts;
    const end = rest.indexOf('}}', start);
    if (end < 0) throw new TextFault('has a {{ without }}; close it.');
    trimsNext = rest[end - 1] === '-';
    const from = start + (trimsEnd ? 3 : 2);
    const to = end - (trimsNext ? 1 : 0);
    parts.push({ expression: to > from ? rest.slice(from, to) : '' });
    rest = rest.slice(end + 2);
  }
}

const tokens =
  /\s*(?:("[^"]*"|'[^']*')|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[(?:-?\d+|"[^"]*"|'[^']*')\])*)|([|:,]))/y;

type Token = { kind: 'value'; evaluate: Evaluate } | { kind: 'name'; text: string } | { kind: 'sign'; text: string };

/** Reads `value | filter: argument, argument | …`. */
class ExpressionReader {
  readonly #tokens: Token[];
  #place = 0;

  constructor(
    private readonly source: string,
    private readonly roots: readonly string[],
  ) {
    this.#tokens = this.#scan();
  }

  read(): Evaluate {
    let evaluate = this.#value();
    for (let count = 1; this.#takeSign('|'); count += 1) {
      if (count > maxFilters) throw this.#fault(`has more than ${maxFilters} filters`);
      evaluate = this.#filter(evaluate);
    }
    if (this.#place < this.#tokens.length) throw this.#fault('has something behind its end; put a filter behind "|"');
    return evaluate;
  }

  #scan(): Token[] {
    const found: Token[] = [];
    tokens.lastIndex = 0;
    const source = this.source.trimEnd();
    while (tokens.lastIndex < source.length) {
      const match = tokens.exec(source);
      if (!match) throw this.#fault('cannot be read; write a path such as data.name, a text in quotes, or a filter');
      const [, text, number, name, sign] = match;
      if (text !== undefined) found.push(literal(text.slice(1, -1)));
      else if (number !== undefined) found.push(literal(Number(number)));
      else if (name !== undefined) found.push({ kind: 'name', text: name });
      else found.push({ kind: 'sign', text: sign ?? '' });
    }
    return found;
  }

  #value(): Evaluate {
    const token = this.#tokens[this.#place];
    this.#place += 1;
    if (token?.kind === 'value') return token.evaluate;
    if (token?.kind === 'name') return this.#path(token.text);
    throw this.#fault('names nothing; write a path such as data.name');
  }

  #path(text: string): Evaluate {
    const words: Record<string, Value> = { true: true, false: false, nil: null, null: null };
    if (Object.hasOwn(words, text)) return () => words[text];
    const steps = [...text.matchAll(/[A-Za-z_][\w-]*|\[(?:-?\d+|"[^"]*"|'[^']*')\]/g)].map(([step]) => stepOf(step));
    const [root] = steps;
    if (typeof root !== 'string' || !this.roots.includes(root))
      throw new TextFault(
        `names ${quote(String(root))}, which no event has.${didYouMean(String(root), this.roots)} There are ` +
          `${this.roots.join(', ')}.`,
      );
    if (steps.some((step) => typeof step === 'string' && isForbiddenName(step)))
      throw new TextFault(`names ${quote(text)}, which no event holds.`);
    return (event) => steps.reduce<Value>((value, step) => memberOf(value, step), event as { [key: string]: Json });
  }

  #filter(input: Evaluate): Evaluate {
    const token = this.#tokens[this.#place];
    this.#place += 1;
    const name = token?.kind === 'name' ? token.text : '';
    const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
    if (!filter)
      throw this.#fault(
        `names the filter ${quote(name)}, which is not taken here.${didYouMean(name, Object.keys(filters))} There ` +
          `are ${Object.keys(filters).join(', ')}`,
      );
    const given: Evaluate[] = [];
    if (this.#takeSign(':'))
      do given.push(this.#value());
      while (this.#takeSign(','));
    if (given.length < filter.least || given.length > filter.most)
      throw this.#fault(`gives the filter ${name} ${given.length} values; it takes ${filter.least} to ${filter.most}`);
    return (event) =>
      filter.apply(
        input(event),
        given.map((one) => one(event)),
      );
  }

  #takeSign(sign: string): boolean {
    const token = this.#tokens[this.#place];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#place += 1;
    return true;
  }

  #fault(detail: string): TextFault {
    return new TextFault(`{{${quote(this.source, 60).slice(1, -1)}}} ${detail}.`);
  }
}

function literal(value: string | number): Token {
  return { kind: 'value', evaluate: () => value };
}

function stepOf(step: string): string | number {
  if (!step.startsWith('[')) return step;
  const inner = step.slice(1, -1);
  return inner.startsWith('"') || inner.startsWith("'") ? inner.slice(1, -1) : Number(inner);
}

function memberOf(value: Value, step: string | number): Value {
  if (Array.isArray(value)) {
    if (typeof step === 'number') return value.at(step);
    if (step === 'first') return value[0];
    if (step === 'last') return value.at(-1);
    return step === 'size' ? value.length : undefined;
  }
  if (typeof value === 'string') return step === 'size' ? value.length : undefined;
  if (!isJsonObject(value)) return undefined;
  return Object.hasOwn(value, step) ? value[step] : step === 'size' ? Object.keys(value).length : undefined;
}
