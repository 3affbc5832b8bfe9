/**
 * What was found: the calls that are reached, the addresses, and where sight is lost, each with its place in the
 * bundle.
 */
import { keyOf, unwrapped, type Node } from './nodes.js';
import { originOf, type Sight } from './origins.js';
import type { Facts } from './scopes.js';
import { globalFetch, isGlobalFetch, isSetting, type Values } from './values.js';

/** A text that is written out. */
function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node?.type !== 'TemplateLiteral' || (node.expressions as Node[]).length > 0) return undefined;
  return ((node.quasis as Node[])[0]?.value as { cooked?: string } | undefined)?.cooked;
}

export class Findings {
  readonly #facts: Facts;
  readonly #values: Values;
  /** Every host call by its path below `ctx`, with the name that is reported. */
  readonly #leaves: ReadonlyMap<string, string>;

  constructor(facts: Facts, values: Values, leaves: ReadonlyMap<string, string>) {
    this.#facts = facts;
    this.#values = values;
    this.#leaves = leaves;
  }

  *reachedCalls(): Generator<[number, { call: string }]> {
    for (const node of this.#facts.members)
      for (const path of this.#values.valuesOf(node)) yield* this.#callAt(node, path);
    for (const node of this.#facts.invocations) {
      const callee = unwrapped(node.callee as Node);
      // What was taken out of ctx by name is named where it is used: `const { query } = ctx.db`, then `query(…)`.
      for (const used of [callee, ...(node.arguments as Node[])])
        if (used.type === 'Identifier') for (const path of this.#values.valuesOf(used)) yield* this.#callAt(used, path);
    }
    const fetched = this.#leaves.get('http.request');
    if (fetched === undefined) return;
    // Taken as a value it is called under another name sooner or later: `const f = fetch`, `this.fetch = options.fetch
    // ?? fetch`.
    for (const node of this.#facts.fetches) if (!this.#facts.find(node)) yield [node.start, { call: fetched }];
    for (const node of this.#facts.members) if (isGlobalFetch(node)) yield [node.start, { call: fetched }];
  }

  *#callAt(node: Node, path: string): Generator<[number, { call: string }]> {
    const call = this.#leaves.get(path);
    if (call === undefined) return;
    // A chain over several lines is named where its last name stands.
    const at = node.type === 'MemberExpression' ? (node.property as Node).start : node.start;
    yield [at, { call }];
  }

  *emittedTypes(): Generator<[number, { type: string }]> {
    for (const node of this.#facts.invocations) {
      const type = textOf((node.arguments as Node[])[0]);
      if (type === undefined) continue;
      const paths = [...this.#values.valuesOf(unwrapped(node.callee as Node))];
      if (paths.some((path) => this.#leaves.get(path) === 'emit')) yield [node.start, { type: type.slice(0, 300) }];
    }
  }

  *urlLiterals(): Generator<[number, { url: string; requested: boolean }]> {
    for (const { text, at, inCall } of this.#facts.literals)
      if (/^https?:\/\/[^/?#\s]/i.test(text)) yield [at, { url: text.slice(0, 300), requested: inCall }];
  }

  *lostSight(): Generator<[number, { within: string; from?: string }]> {
    yield* this.#openHosts();
    for (const [at, what] of this.#partsOutOfSight())
      if (!isSetting(what.within) && what.within !== globalFetch) yield [at, what];
  }

  /** Requests whose host is not written out, and the settings that it comes from. */
  *#openHosts(): Generator<[number, { within: string; from?: string }]> {
    const sight: Sight = {
      settingsOf: (node) => this.#settingsOf(node),
      sourcesOf: (node) => this.#values.sourcesOf(node),
    };
    for (const node of this.#facts.invocations) {
      const callee = unwrapped(node.callee as Node);
      if (!this.#isRequest(callee)) continue;
      const { isKnown, settings } = originOf((node.arguments as Node[])[0], sight);
      const at = callee.type === 'MemberExpression' ? (callee.property as Node).start : callee.start;
      for (const from of settings) yield [at, { within: 'http', from }];
      if (!isKnown && settings.size === 0) yield [at, { within: 'http' }];
    }
  }

  #isRequest(callee: Node): boolean {
    return [...this.#values.valuesOf(callee)].some(
      (path) => path === globalFetch || this.#leaves.get(path) === 'http.request',
    );
  }

  #settingsOf(node: Node): string[] {
    const own = [...this.#values.valuesOf(node)].filter(isSetting);
    if (own.length > 0 || node.type !== 'MemberExpression' || keyOf(node) !== undefined) return own;
    // `ctx.config[name]`: one of them all.
    return this.#settingsOf(node.object as Node);
  }

  *#partsOutOfSight(): Generator<[number, { within: string }]> {
    for (const node of this.#facts.members)
      if (keyOf(node) === undefined)
        for (const path of this.#values.valuesOf(node.object as Node))
          if (!this.#leaves.has(path)) yield [node.start, { within: path }];
    for (const node of this.#facts.spreads)
      for (const path of this.#values.valuesOf(node.argument as Node))
        if (!this.#leaves.has(path)) yield [node.start, { within: path }];
    for (const node of this.#facts.declarators)
      if ((node.id as Node).type === 'ObjectPattern')
        yield* this.#computedIn(node.id as Node, this.#values.valuesOf(node.init as Node | null));
    for (const node of this.#facts.invocations) {
      const callee = unwrapped(node.callee as Node);
      if (
        callee.type === 'Identifier' &&
        (callee.name === 'eval' || callee.name === 'Function') &&
        !this.#facts.find(callee)
      )
        yield [node.start, { within: '' }];
      const args = node.arguments as Node[];
      if (this.#values.isRegistration(callee, args) || [...this.#values.functionsOf(callee)].length > 0) continue;
      for (const argument of args)
        for (const path of this.#values.valuesOf(argument))
          if (!this.#leaves.has(path)) yield [argument.start, { within: path }];
    }
  }

  *#computedIn(pattern: Node, values: ReadonlySet<string>): Generator<[number, { within: string }]> {
    for (const property of pattern.properties as Node[]) {
      if (property.type !== 'RestElement' && keyOf(property) === undefined)
        for (const path of values) yield [property.start, { within: path }];
    }
  }
}
