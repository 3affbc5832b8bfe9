/** What an author's own files say to `ctx` in so many words: members of its parts, and names that calls are given. */
import { keyOf, unwrapped, type Node } from '../reach/nodes.js';
import type { Facts } from '../reach/scopes.js';
import { isSetting, type Values } from '../reach/values.js';
import { hasName, namesOf } from './ctx-names.js';

/** One place where the code names something. */
export type Mention =
  /** `ctx.<part>.<name>`, which no `ctx` has; `part` is `''` for `ctx` itself. */
  | { kind: 'unknown'; part: string; name: string }
  /** A setting, such as `channel` for `ctx.config.channel`. */
  | { kind: 'setting'; name: string }
  /** A text that is given to a call which takes a name. */
  | { kind: 'name'; call: NamingCall; name: string };

/** Calls whose first argument names something of the package. `email.send`: its `template`. */
export const namingCalls = [
  'secrets.get',
  'secrets.has',
  'secrets.ref',
  'jobs.runNow',
  'templates.render',
  'email.send',
  'webhooks.send',
  'agents.send',
  'plugins.call',
  'permissions.has',
  'emit',
] as const;
export type NamingCall = (typeof namingCalls)[number];

const isNamingCall = (path: string): path is NamingCall => (namingCalls as readonly string[]).includes(path);
/** How far a name is followed from variable to variable. */
const maxHops = 4;

export class Mentions {
  constructor(
    private readonly facts: Facts,
    private readonly values: Values,
  ) {}

  /** Each with its place in the bundle. */
  *all(): Generator<[number, Mention]> {
    for (const node of this.facts.members) {
      const name = keyOf(node);
      if (name === undefined) continue;
      yield* this.#member(this.#pathsOf(node.object as Node), name, (node.property as Node).start);
    }
    for (const { id, init } of this.facts.declarators as unknown as { id: Node; init: Node | null }[])
      if (init !== null) yield* this.#pattern(id, this.#pathsOf(init));
    for (const node of this.facts.invocations) {
      const callee = unwrapped(node.callee as Node);
      if (this.values.isRegistration(callee, node.arguments as Node[])) {
        for (const handler of this.values.handlersOf(node)) {
          const [ctx] = handler.params as Node[];
          if (ctx) yield* this.#pattern(ctx, ['']);
        }
        continue;
      }
      for (const call of this.#pathsOf(callee)) if (isNamingCall(call)) yield* this.#named(call, node);
    }
  }

  /** The parts of `ctx` that a node is, those too that lead to no host call. */
  #pathsOf(node: Node): string[] {
    const found = [...this.values.valuesOf(node)];
    if (found.length > 0 || node.type !== 'MemberExpression') return found;
    const key = keyOf(node);
    if (key === undefined) return [];
    return this.#pathsOf(node.object as Node)
      .filter((part) => namesOf(part)?.has(key))
      .map((part) => (part === '' ? key : `${part}.${key}`));
  }

  *#member(parts: readonly string[], name: string, at: number): Generator<[number, Mention]> {
    for (const part of parts) {
      if (part === 'config') yield [at, { kind: 'setting', name }];
      else if (!isSetting(part) && !hasName(part, name)) yield [at, { kind: 'unknown', part, name }];
    }
  }

  /** `{ kv, log: { info } }` */
  *#pattern(pattern: Node, parts: readonly string[]): Generator<[number, Mention]> {
    if (pattern.type === 'AssignmentPattern') return yield* this.#pattern(pattern.left as Node, parts);
    if (pattern.type !== 'ObjectPattern') return;
    for (const property of pattern.properties as Node[]) {
      const name = property.type === 'RestElement' ? undefined : keyOf(property);
      if (name === undefined) continue;
      yield* this.#member(parts, name, property.start);
      const inner = parts.filter((part) => namesOf(part)?.has(name));
      yield* this.#pattern(
        property.value as Node,
        inner.map((part) => (part === '' ? name : `${part}.${name}`)),
      );
    }
  }

  *#named(call: NamingCall, node: Node): Generator<[number, Mention]> {
    const [first] = node.arguments as Node[];
    const given = call === 'email.send' && first ? memberOf(first, 'template') : first;
    if (given) for (const { at, text } of this.#textsOf(given)) yield [at, { kind: 'name', call, name: text }];
  }

  /** The texts that a node can be, where they are written out. */
  *#textsOf(node: Node, hops = 0): Generator<{ at: number; text: string }> {
    if (node.type === 'Literal' && typeof node.value === 'string') yield { at: node.start, text: node.value };
    else if (node.type === 'TemplateLiteral' && (node.expressions as Node[]).length === 0)
      yield { at: node.start, text: ((node.quasis as Node[])[0]?.value as { cooked?: string }).cooked ?? '' };
    else if (node.type === 'ConditionalExpression') {
      yield* this.#textsOf(node.consequent as Node, hops);
      yield* this.#textsOf(node.alternate as Node, hops);
    } else if (node.type === 'Identifier' && hops < maxHops)
      for (const source of this.values.sourcesOf(node)) yield* this.#textsOf(source, hops + 1);
  }
}

function memberOf(object: Node, name: string): Node | undefined {
  if (object.type !== 'ObjectExpression') return undefined;
  const found = (object.properties as Node[]).find((each) => each.type === 'Property' && keyOf(each) === name);
  return found?.value as Node | undefined;
}
