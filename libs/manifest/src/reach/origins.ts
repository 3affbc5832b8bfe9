/**
 * Where the host of a request comes from: written out, from the settings, or out of sight. Addresses are followed the
 * way people put them together: templates, `+`, `new URL(path, base)`, variables, and what such a value is cut or
 * joined with.
 */
import { isNode, keyOf, unwrapped, type Node } from './nodes.js';

/**
 * `isKnown`: every host that it can have is written out. `settings`: the settings that it comes from, as far as they
 * can be seen.
 */
export interface Origin {
  isKnown: boolean;
  settings: ReadonlySet<string>;
}

export interface Sight {
  /** The settings that a node is, such as `config.base`. */
  settingsOf(node: Node): string[];
  /** What goes into the variable or property that a node names. */
  sourcesOf(node: Node): Iterable<Node>;
}

const maxDepth = 12;
/** Places looked at for one address. */
const maxLooks = 500;
/** A host that has ended, so that nothing after it changes it. */
const wholeHost = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+[/?#]/i;

const unknown: Origin = { isKnown: false, settings: new Set() };
const known: Origin = { isKnown: true, settings: new Set() };

/** Where the host in the first argument of a request comes from. */
export function originOf(address: Node | undefined, sight: Sight): Origin {
  return new OriginSearch(sight).look(address);
}

/** The search for one address: it ends where it comes back to what it has looked at. */
class OriginSearch {
  readonly #sight: Sight;
  readonly #seen = new Set<Node>();

  constructor(sight: Sight) {
    this.#sight = sight;
  }

  look(node: Node | null | undefined, depth = 0): Origin {
    if (!isNode(node) || depth > maxDepth || this.#seen.size > maxLooks) return unknown;
    const settings = this.#sight.settingsOf(node);
    if (settings.length > 0) return { isKnown: false, settings: new Set(settings) };
    switch (node.type) {
      case 'Literal':
        return known;
      case 'TemplateLiteral':
      case 'BinaryExpression':
        return this.#joined(partsOf(node), depth);
      case 'Identifier':
      case 'MemberExpression':
        return this.#named(node, depth);
      case 'ChainExpression':
      case 'SequenceExpression':
        return this.look(unwrapped(node), depth + 1);
      case 'AwaitExpression':
        return this.look(node.argument as Node, depth + 1);
      case 'AssignmentExpression':
        return this.look(node.right as Node, depth + 1);
      case 'ConditionalExpression':
        return either([this.look(node.consequent as Node, depth + 1), this.look(node.alternate as Node, depth + 1)]);
      case 'LogicalExpression':
        return either([this.look(node.left as Node, depth + 1), this.look(node.right as Node, depth + 1)]);
      case 'ObjectExpression': {
        const url = (node.properties as Node[]).find((each) => each.type === 'Property' && keyOf(each) === 'url');
        return this.look(url?.value as Node | undefined, depth + 1);
      }
      case 'NewExpression':
      case 'CallExpression':
        return this.#made(node, depth);
      default:
        return unknown;
    }
  }

  /** The host of a text of parts is in those up to where it ends. */
  #joined(parts: Node[], depth: number): Origin {
    let text = '';
    const origins: Origin[] = [];
    for (const part of parts) {
      if (part.type !== 'Literal') {
        origins.push(this.look(part, depth + 1));
        text += 'x';
        // What stands first is the whole beginning of an address: its host is in there.
        if (text === 'x') break;
        continue;
      }
      text += String(part.value);
      if (wholeHost.test(text)) break;
    }
    return either(origins);
  }

  #named(node: Node, depth: number): Origin {
    // A variable that is made from itself, `url = url + x`, says nothing new the second time.
    if (this.#seen.has(node)) return known;
    this.#seen.add(node);
    const sources = [...this.#sight.sourcesOf(node)];
    if (sources.length > 0) return either(sources.map((source) => this.look(source, depth + 1)));
    // `new URL(…).href` and the like.
    return node.type === 'MemberExpression' ? this.look(node.object as Node, depth + 1) : unknown;
  }

  #made(node: Node, depth: number): Origin {
    const callee = unwrapped(node.callee as Node);
    const args = (node.arguments as Node[]).map((each) =>
      each.type === 'SpreadElement' ? (each.argument as Node) : each,
    );
    const name = callee.type === 'Identifier' ? callee.name : undefined;
    if (name === 'URL' || name === 'Request' || name === 'String') {
      const [first, base] = args;
      if (name !== 'URL' || base === undefined) return this.look(first, depth + 1);
      if (first?.type === 'Literal')
        return /^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(String(first.value)) ? known : this.look(base, depth + 1);
      return either([this.look(first, depth + 1), this.look(base, depth + 1)]);
    }
    // `base.replace(…)`, `[base, path].join('/')`, `joinUrl(base, path)`: what comes out is not known, what goes in can
    // be named.
    const receiver = callee.type === 'MemberExpression' ? (callee.object as Node) : undefined;
    const given = receiver?.type === 'ArrayExpression' ? (receiver.elements as (Node | null)[]) : [receiver];
    const origins = [...given, ...args].filter(isNode).map((each) => this.look(each, depth + 1));
    return { isKnown: false, settings: either(origins).settings };
  }
}

function either(origins: Origin[]): Origin {
  return {
    isKnown: origins.every((each) => each.isKnown),
    settings: new Set(origins.flatMap((each) => [...each.settings])),
  };
}

/** The texts and expressions of a template or of a sum, from the left; texts as literals. */
function partsOf(node: Node): Node[] {
  if (node.type === 'TemplateLiteral') {
    const expressions = node.expressions as Node[];
    return (node.quasis as Node[]).flatMap((quasi, index) => {
      const text = { type: 'Literal', start: quasi.start, value: (quasi.value as { cooked?: string }).cooked ?? '' };
      const next = expressions[index];
      return [...(text.value === '' ? [] : [text]), ...(next ? partsOf(next) : [])];
    });
  }
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return [node];
  return [...partsOf(node.left as Node), ...partsOf(node.right as Node)];
}
