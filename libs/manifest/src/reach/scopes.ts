/** Which names there are in a bundle, where they hold, and every place that says something about what goes where. */
import { constructorsOf, isNode, type Node } from './nodes.js';

/** What a variable or a property may hold. */
export interface Binding {
  /** Paths below `ctx` that it may hold. */
  values: Set<string>;
  functions: Set<Node>;
  /** How many functions of another's set it has taken over. */
  taken: Map<Iterable<Node>, number>;
  /** The expressions that go into it whole. */
  sources: Set<Node>;
  /** Set when it is one of the SDK's functions. */
  register: boolean;
}

interface Scope {
  parent: Scope | undefined;
  isFunction: boolean;
  names: Map<string, Binding>;
}

export function makeBinding(): Binding {
  return { values: new Set(), functions: new Set(), taken: new Map(), sources: new Set(), register: false };
}

/** One walk over a program. */
export class Facts {
  readonly declarators: Node[] = [];
  readonly assignments: Node[] = [];
  readonly invocations: Node[] = [];
  readonly properties: Node[] = [];
  readonly members: Node[] = [];
  readonly spreads: Node[] = [];
  /** Every place where a `fetch` stands that may be the global one. */
  readonly fetches: Node[] = [];
  readonly literals: { text: string; at: number; inCall: boolean }[] = [];
  readonly #scopes = new WeakMap<Node, Scope>();

  constructor(program: Node) {
    this.#walk(program, { parent: undefined, isFunction: true, names: new Map() });
  }

  /** The variable that an identifier means; `undefined`: none of the bundle's own. */
  find(identifier: Node): Binding | undefined {
    const name = identifier.name as string;
    for (let scope = this.#scopes.get(identifier); scope; scope = scope.parent) {
      const binding = scope.names.get(name);
      if (binding) return binding;
    }
    return undefined;
  }

  #walk(node: Node, scope: Scope, inCall = false): void {
    this.#note(node, scope, inCall);
    switch (node.type) {
      case 'Identifier':
      case 'Literal':
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.#walk(node.callee as Node, scope);
        for (const argument of node.arguments as Node[]) this.#walk(argument, scope, true);
        return;
      case 'MemberExpression':
        this.#walk(node.object as Node, scope);
        if (node.computed) this.#walk(node.property as Node, scope);
        return;
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) this.#walk(node.key as Node, scope);
        if (node.value) this.#walk(node.value as Node, scope, inCall);
        return;
      default:
    }
    const inner = this.#scopeWithin(node, scope);
    const passes =
      inCall &&
      (node.type === 'BinaryExpression' || node.type === 'ConditionalExpression' || node.type === 'ObjectExpression');
    for (const key in node) {
      if (key === 'type' || key === 'start' || key === 'end') continue;
      const child = node[key];
      if (Array.isArray(child)) {
        for (const each of child as unknown[]) if (isNode(each)) this.#walk(each, inner, passes);
      } else if (isNode(child)) this.#walk(child, inner, passes);
    }
  }

  /** Keeps what a node says. */
  #note(node: Node, scope: Scope, inCall: boolean): void {
    switch (node.type) {
      case 'Identifier':
        this.#scopes.set(node, scope);
        if (node.name === 'fetch') this.fetches.push(node);
        return;
      case 'VariableDeclaration':
        for (const declarator of node.declarations as Node[]) {
          declarePattern(declarator.id as Node, node.kind === 'var' ? functionScope(scope) : scope);
          this.declarators.push(declarator);
        }
        return;
      case 'AssignmentExpression':
        this.assignments.push(node);
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.invocations.push(node);
        return;
      case 'MemberExpression':
        this.members.push(node);
        return;
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        this.properties.push(node);
        return;
      case 'SpreadElement':
        this.spreads.push(node);
        return;
      case 'Literal':
        if (typeof node.value === 'string') this.literals.push({ text: node.value, at: node.start, inCall });
        return;
      case 'TemplateLiteral': {
        const first = (node.quasis as Node[])[0];
        const cooked = (first?.value as { cooked?: string } | undefined)?.cooked;
        // What follows an expression is the expression's host, unless the host has ended before.
        if (
          cooked !== undefined &&
          ((node.expressions as Node[]).length === 0 || /^https?:\/\/[^/?#]+[/?#]/i.test(cooked))
        )
          this.literals.push({ text: cooked, at: node.start, inCall });
        return;
      }
      default:
    }
  }

  /** The scope of a node's parts, with what the node itself declares. */
  #scopeWithin(node: Node, scope: Scope): Scope {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        if (node.type === 'FunctionDeclaration' && node.id)
          declare(scope, (node.id as Node).name as string).functions.add(node);
        const inner = { parent: scope, isFunction: true, names: new Map<string, Binding>() };
        if (node.type === 'FunctionExpression' && node.id)
          declare(inner, (node.id as Node).name as string).functions.add(node);
        for (const param of node.params as Node[]) declarePattern(param, inner);
        this.#scopes.set(node, inner);
        return inner;
      }
      case 'ClassDeclaration':
        if (node.id)
          for (const each of constructorsOf(node)) declare(scope, (node.id as Node).name as string).functions.add(each);
        return scope;
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
        return { parent: scope, isFunction: false, names: new Map() };
      case 'CatchClause': {
        const inner = { parent: scope, isFunction: false, names: new Map<string, Binding>() };
        declarePattern(node.param as Node | null, inner);
        return inner;
      }
      default:
        return scope;
    }
  }
}

function declare(scope: Scope, name: string): Binding {
  let binding = scope.names.get(name);
  if (binding === undefined) scope.names.set(name, (binding = makeBinding()));
  return binding;
}

function declarePattern(pattern: Node | null, scope: Scope): void {
  if (pattern === null) return;
  switch (pattern.type) {
    case 'Identifier':
      declare(scope, pattern.name as string);
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties as Node[])
        declarePattern((property.type === 'RestElement' ? property.argument : property.value) as Node, scope);
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements as (Node | null)[]) declarePattern(element, scope);
      return;
    case 'AssignmentPattern':
      declarePattern(pattern.left as Node, scope);
      return;
    case 'RestElement':
      declarePattern(pattern.argument as Node, scope);
      return;
    default:
  }
}

function functionScope(scope: Scope): Scope {
  let found = scope;
  while (!found.isFunction && found.parent) found = found.parent;
  return found;
}
