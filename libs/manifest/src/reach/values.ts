/** What goes where: which parts of `ctx`, and which functions, every variable and every property may hold. */
import { constructorsOf, isNode, keyOf, unwrapped, type Node } from './nodes.js';
import { makeBinding, type Binding, type Facts } from './scopes.js';

const nothing: ReadonlySet<string> = new Set();
/** Followed like a part of `ctx`, which it is none of. */
export const globalFetch = '(fetch)';
const onlyFetch: ReadonlySet<string> = new Set([globalFetch]);
const maxRounds = 25;
/** A setting further down is followed as none: values that lead to themselves would have no end of names. */
const maxSettingParts = 3;
const maxSettingChars = 100;
const defaultMaxTaken = 20_000_000;

interface ValuesOptions {
  /** Every host call by its path below `ctx`. */
  calls: Iterable<string>;
  /** The SDK's functions that take a handler. */
  registers: readonly string[];
  /** Functions taken over from one name to another, for a whole bundle. Default: about two seconds of a processor. */
  maxTaken?: number;
}

export class Values {
  readonly #facts: Facts;
  /** What leads to a call. */
  readonly #prefixes = new Set(['']);
  /** The SDK's functions that take a handler. */
  readonly #registering: ReadonlySet<string>;
  /** What properties of any object hold, by name, and the functions among them. */
  readonly #held = new Map<string, Binding>();
  /** How much was known of each call when it was followed last. What is known only grows. */
  readonly #known = new Map<Node, number>();
  #changed = false;
  #taken = 0;
  readonly #maxTaken: number;

  /**
   * Follows values until nothing new comes to light. Throws `RangeError` for a bundle in which that takes too long, as
   * minified ones of a megabyte do.
   */
  constructor(facts: Facts, { calls, registers, maxTaken = defaultMaxTaken }: ValuesOptions) {
    this.#facts = facts;
    this.#maxTaken = maxTaken;
    this.#registering = new Set(registers);
    for (const path of calls) {
      const parts = path.split('.');
      parts.forEach((_, index) => this.#prefixes.add(parts.slice(0, index + 1).join('.')));
    }
    this.#declareSdk();
    for (let round = 0; round === 0 || (this.#changed && round < maxRounds); round += 1) this.#follow();
  }

  /** What goes into the variable or property that a node names. */
  sourcesOf(node: Node): Iterable<Node> {
    const binding = node.type === 'Identifier' ? this.#facts.find(node) : this.#held.get(keyOf(node) ?? '');
    return binding?.sources ?? [];
  }

  #follow(): void {
    const { declarators, assignments, properties, invocations } = this.#facts;
    this.#changed = false;
    for (const node of declarators) this.#bind(node.id as Node, node.init as Node | null);
    for (const node of assignments) this.#bind(node.left as Node, node.right as Node);
    for (const node of properties) this.#holdProperty(node);
    for (const node of invocations) this.#invoke(node);
  }

  /** The bundle's own names of the SDK's functions: `var route2 = annexSdk.route`, or taken out of the whole. */
  #declareSdk(): void {
    for (const { id, init } of this.#facts.declarators as unknown as { id: Node; init: Node | null }[]) {
      if (init === null) continue;
      const target = unwrapped(init);
      if (
        id.type === 'Identifier' &&
        target.type === 'MemberExpression' &&
        this.#registering.has(keyOf(target) ?? '') &&
        (target.object as Node).name === 'annexSdk'
      ) {
        const binding = this.#facts.find(id);
        if (binding) binding.register = true;
      }
      if (id.type !== 'ObjectPattern') continue;
      for (const property of id.properties as Node[]) {
        const value = property.value as Node | undefined;
        if (
          property.type !== 'Property' ||
          value?.type !== 'Identifier' ||
          !this.#registering.has(keyOf(property) ?? '')
        )
          continue;
        const binding = this.#facts.find(value);
        if (binding) binding.register = true;
      }
    }
  }

  #below(paths: ReadonlySet<string>, key: string | undefined): ReadonlySet<string> {
    if (paths.size === 0 || key === undefined) return nothing;
    const found = new Set<string>();
    for (const path of paths) {
      const child = path === '' ? key : `${path}.${key}`;
      // Settings are followed by any name.
      if (
        this.#prefixes.has(child) ||
        child === 'config' ||
        (isSetting(path) && child.length <= maxSettingChars && child.split('.').length <= maxSettingParts)
      )
        found.add(child);
    }
    return found;
  }

  /** The parts of `ctx` that a node may be. */
  valuesOf(node: Node | null): ReadonlySet<string> {
    if (node === null) return nothing;
    switch (node.type) {
      case 'Identifier':
        return this.#facts.find(node)?.values ?? (node.name === 'fetch' ? onlyFetch : nothing);
      case 'MemberExpression': {
        if (isGlobalFetch(node)) return onlyFetch;
        const key = keyOf(node);
        const own = this.#below(this.valuesOf(node.object as Node), key);
        return own.size > 0 || key === undefined ? own : (this.#held.get(key)?.values ?? nothing);
      }
      case 'CallExpression': {
        // `fetch.bind(globalThis)`
        const callee = unwrapped(node.callee as Node);
        const isBound = callee.type === 'MemberExpression' && keyOf(callee) === 'bind';
        return isBound && this.valuesOf(callee.object as Node).has(globalFetch) ? onlyFetch : nothing;
      }
      case 'ChainExpression':
        return this.valuesOf(node.expression as Node);
      case 'AwaitExpression':
        return this.valuesOf(node.argument as Node);
      case 'AssignmentExpression':
        return this.valuesOf(node.right as Node);
      case 'SequenceExpression':
        return this.valuesOf((node.expressions as Node[]).at(-1) ?? null);
      case 'ConditionalExpression':
        return union(this.valuesOf(node.consequent as Node), this.valuesOf(node.alternate as Node));
      case 'LogicalExpression':
        return union(this.valuesOf(node.left as Node), this.valuesOf(node.right as Node));
      default:
        return nothing;
    }
  }

  /** The functions that a node may be. */
  functionsOf(node: Node | null): Iterable<Node> {
    if (node === null) return [];
    switch (node.type) {
      case 'FunctionExpression':
      case 'FunctionDeclaration':
      case 'ArrowFunctionExpression':
        return [node];
      case 'ClassExpression':
        return constructorsOf(node);
      case 'Identifier':
        return this.#facts.find(node)?.functions ?? [];
      case 'MemberExpression':
        return this.#held.get(keyOf(node) ?? '')?.functions ?? [];
      case 'ChainExpression':
        return this.functionsOf(node.expression as Node);
      case 'ConditionalExpression':
        return [...this.functionsOf(node.consequent as Node), ...this.functionsOf(node.alternate as Node)];
      case 'LogicalExpression':
        return [...this.functionsOf(node.left as Node), ...this.functionsOf(node.right as Node)];
      default:
        return [];
    }
  }

  #add(binding: Binding, values: ReadonlySet<string>, functions: Iterable<Node>): void {
    for (const value of values) {
      if (binding.values.has(value)) continue;
      binding.values.add(value);
      this.#changed = true;
    }
    // The same functions as before: they only become more.
    if (functions === binding.functions || binding.taken.get(functions) === sizeOf(functions)) return;
    const size = sizeOf(functions);
    if (functions instanceof Set) binding.taken.set(functions, size);
    this.#taken += size;
    if (this.#taken > this.#maxTaken) throw new RangeError('too many functions go by the same names');
    for (const each of functions) {
      if (binding.functions.has(each)) continue;
      binding.functions.add(each);
      this.#changed = true;
    }
  }

  #holder(name: string): Binding {
    let binding = this.#held.get(name);
    if (binding === undefined) this.#held.set(name, (binding = makeBinding()));
    return binding;
  }

  /** A value goes into a variable, a pattern or a property. */
  #bind(target: Node, source: Node | null): void {
    if (source === null) return;
    this.#addSource(target, source);
    this.#bindValues(target, this.valuesOf(source), this.functionsOf(source));
  }

  #addSource(target: Node, source: Node): void {
    if (target.type === 'AssignmentPattern') {
      this.#addSource(target.left as Node, source);
      this.#addSource(target.left as Node, target.right as Node);
    } else if (target.type === 'Identifier') this.#facts.find(target)?.sources.add(source);
    else if (target.type === 'MemberExpression') {
      const key = keyOf(target);
      if (key !== undefined) this.#holder(key).sources.add(source);
    }
  }

  #bindValues(target: Node, values: ReadonlySet<string>, functions: Iterable<Node> = []): void {
    switch (target.type) {
      case 'Identifier': {
        const binding = this.#facts.find(target);
        if (binding) this.#add(binding, values, functions);
        return;
      }
      case 'MemberExpression': {
        const key = keyOf(target);
        if (key !== undefined) this.#add(this.#holder(key), values, functions);
        return;
      }
      case 'AssignmentPattern':
        this.#bindValues(target.left as Node, values, functions);
        return;
      case 'RestElement':
        this.#bindValues(target.argument as Node, values);
        return;
      case 'ObjectPattern':
        for (const property of target.properties as Node[]) {
          if (property.type === 'RestElement') this.#bindValues(property.argument as Node, values);
          else {
            const key = keyOf(property);
            const own = this.#below(values, key);
            const other = key === undefined ? undefined : this.#held.get(key);
            this.#bindValues(property.value as Node, own.size > 0 ? own : (other?.values ?? nothing), other?.functions);
          }
        }
        return;
      default:
    }
  }

  #holdProperty(node: Node): void {
    const key = keyOf(node);
    const value = node.value as Node | null;
    if (key === undefined || value === null || key === 'constructor') return;
    this.#holder(key).sources.add(value);
    this.#add(this.#holder(key), this.valuesOf(value), this.functionsOf(value));
  }

  #invoke(node: Node): void {
    const callee = unwrapped(node.callee as Node);
    const args = node.arguments as Node[];
    if (this.isRegistration(callee, args)) {
      for (const handler of this.handlersOf(node)) this.#bindParams(handler, [new Set([''])]);
      return;
    }
    const isCall = callee.type === 'MemberExpression' && keyOf(callee) === 'call';
    const targets = this.functionsOf(isCall ? (callee.object as Node) : callee);
    const given = (isCall ? args.slice(1) : args).map((argument) => ({
      argument,
      values: this.valuesOf(argument),
      functions: this.functionsOf(argument),
    }));
    const sizes = given.map(({ values, functions }) => values.size + sizeOf(functions));
    const known = sizes.reduce((sum, size) => sum + size, sizeOf(targets));
    // Short names, as in minified code, stand for hundreds of functions: what is known of a call is followed once.
    if (this.#known.get(node) === known) return;
    const called = [...targets];
    // A pattern takes out of the object what its properties hold, and that may grow while the object stays.
    const hasPatterns = called.some(({ params }) => (params as Node[]).some(takesApart));
    if (!hasPatterns) this.#known.set(node, known);
    for (const target of called) {
      (target.params as Node[]).slice(0, given.length).forEach((param, index) => {
        const argument = given[index];
        if (argument === undefined) return;
        this.#addSource(param, argument.argument);
        this.#bindValues(param, argument.values, argument.functions);
      });
    }
  }

  #bindParams(handler: Node, values: ReadonlySet<string>[]): void {
    (handler.params as Node[]).forEach((param, index) => this.#bindValues(param, values[index] ?? nothing));
  }

  /** `route(…)`, `sdk.route('/…', …)`; not `list.filter(…)`, whose first argument is no text. */
  isRegistration(callee: Node, args: Node[]): boolean {
    if (callee.type === 'Identifier') return this.#facts.find(callee)?.register ?? false;
    if (callee.type !== 'MemberExpression' || !this.#registering.has(keyOf(callee) ?? '')) return false;
    return (
      args[0]?.type === 'Literal' ||
      args[0]?.type === 'TemplateLiteral' ||
      /^(on[A-Z]|health)/.test(keyOf(callee) ?? '')
    );
  }

  /** The handlers that a call of the SDK registers. */
  handlersOf(registration: Node): Node[] {
    return (registration.arguments as Node[]).flatMap((argument) => this.#handlersIn(argument));
  }

  /**
   * The functions that a handler's argument comes to: itself, one by name, those handed to a wrapper, and those that
   * the wrapper returns.
   */
  #handlersIn(argument: Node, depth = 0): Node[] {
    const direct = [...this.functionsOf(argument)];
    const node = unwrapped(argument);
    if (node.type !== 'CallExpression' || depth > 5) return direct;
    const inner = (node.arguments as Node[]).flatMap((each) => this.#handlersIn(each, depth + 1));
    const returned = [...this.functionsOf(unwrapped(node.callee as Node))].flatMap((wrapper) =>
      this.#returnedFunctions(wrapper),
    );
    return [...direct, ...inner, ...returned];
  }

  #returnedFunctions(wrapper: Node): Node[] {
    const body = wrapper.body as Node;
    if (body.type !== 'BlockStatement') return [...this.functionsOf(body)];
    const found: Node[] = [];
    const look = (node: Node): void => {
      if (node.type === 'ReturnStatement' && node.argument) found.push(...this.functionsOf(node.argument as Node));
      if (/Function/.test(node.type)) return;
      for (const key in node) {
        const child = node[key];
        for (const each of (Array.isArray(child) ? child : [child]) as unknown[]) if (isNode(each)) look(each);
      }
    };
    for (const statement of body.body as Node[]) look(statement);
    return found;
  }
}

/** Whether a parameter has parts; one with a default is a pattern too. */
function takesApart(param: Node): boolean {
  return param.type === 'AssignmentPattern' ? takesApart(param.left as Node) : param.type !== 'Identifier';
}

function sizeOf(nodes: Iterable<Node>): number {
  if (nodes instanceof Set) return nodes.size;
  return Array.isArray(nodes) ? nodes.length : [...nodes].length;
}

export function isGlobalFetch(member: Node): boolean {
  return keyOf(member) === 'fetch' && /^(?:globalThis|self)$/.test(String((member.object as Node).name));
}

/** Whether a path is of a setting, or of all of them. */
export function isSetting(path: string): boolean {
  return path === 'config' || path.startsWith('config.');
}

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  if (one.size === 0) return other;
  return other.size === 0 ? one : new Set([...one, ...other]);
}
