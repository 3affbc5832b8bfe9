/**
 * The thread that looks through a bundle for what its code can reach. The code is a stranger's and may be made to be slow or deep to read, so it
 * is read where reading can be ended.
 *
 * What it follows: the first parameter of every handler is a `ctx`. From there it goes where values go by name: variables, destructuring,
 * arguments of functions that can be named, properties by their name, functions that handlers are wrapped in. It sees too much rather than too
 * little (a property called `ctx` is the same everywhere), and where it loses sight it says so. It is a report for people, not a wall: the wall
 * is the broker.
 */
import { SourceMap } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { parse } from 'acorn';
import { isNode, keyOf, unwrapped, type Node } from './nodes.js';
import { originOf, type Sight } from './origins.js';

/** What the program asks. */
export interface ReachRequest {
  code: string;
  /** JSON of the source map. */
  sourceMap: string;
  /** Every host call by its path below `ctx`, such as `http.get`, with the name that is reported, such as `http.request`. */
  calls: Record<string, string>;
  /** The SDK's functions that take a handler. */
  registers: string[];
  /** Most places of each kind that are reported. */
  maxPlaces: number;
}

/** Where something stands in the author's files. Lines from 1. */
export interface Place {
  file: string;
  line: number;
}

/** What the thread answers. */
export type ReachAnswer =
  | {
      ok: true;
      calls: ({ call: string } & Place)[];
      /** URL literals: `https://host/…`. `requested`: it stands in a call of `ctx.http` or `fetch`. */
      urls: ({ url: string; requested: boolean } & Place)[];
      /**
       * Where `ctx`, or a part of it, goes out of sight: `within` says which part, `''` for all of it. `http`: where a request's host is not written
       * out; `from` is a setting that it comes from, such as `config.base`, if that can be seen.
       */
      dynamic: ({ within: string; from?: string } & Place)[];
    }
  | { ok: false; reason: string };

interface Binding {
  /** Paths below `ctx` that it may hold. */
  values: Set<string>;
  functions: Set<Node>;
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

const nothing: ReadonlySet<string> = new Set();
const maxRounds = 25;
/** A setting further down is followed as none: values that lead to themselves would have no end of names. */
const maxSettingParts = 3;
const maxSettingChars = 100;

/** Looks through one bundle. Throws `RangeError` for code that is nested too deeply, and the parser's `SyntaxError`. */
export function findReach({ code, sourceMap, calls, registers, maxPlaces }: ReachRequest): ReachAnswer {
  const leaves = new Map(Object.entries(calls));
  const prefixes = new Set(['']);
  for (const path of leaves.keys()) {
    const parts = path.split('.');
    parts.forEach((_, index) => prefixes.add(parts.slice(0, index + 1).join('.')));
  }
  const registering = new Set(registers);
  const scopes = new WeakMap<Node, Scope>();
  const declarators: Node[] = [];
  const assignments: Node[] = [];
  const invocations: Node[] = [];
  const properties: Node[] = [];
  const members: Node[] = [];
  const spreads: Node[] = [];
  /** Every place where a `fetch` stands that may be the global one. */
  const fetches: Node[] = [];
  const literals: { text: string; at: number; inCall: boolean }[] = [];
  /** What properties of any object hold, by name, and the functions among them. */
  const held = new Map<string, Binding>();
  let changed = false;

  walk(parse(code, { ecmaVersion: 'latest', sourceType: 'script' }) as unknown as Node, { parent: undefined, isFunction: true, names: new Map() });
  declareSdk();
  for (let round = 0; round === 0 || (changed && round < maxRounds); round += 1) {
    changed = false;
    for (const node of declarators) bind(node.id as Node, node.init as Node | null);
    for (const node of assignments) bind(node.left as Node, node.right as Node);
    for (const node of properties) holdProperty(node);
    for (const node of invocations) invoke(node);
  }
  return report();

  // ── scopes and facts ──────────────────────────────────────────────────────────────────────────────────────────────

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
        for (const property of pattern.properties as Node[]) declarePattern((property.type === 'RestElement' ? property.argument : property.value) as Node, scope);
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

  function walk(node: Node, scope: Scope, inCall = false): void {
    let inner = scope;
    switch (node.type) {
      case 'Identifier':
        scopes.set(node, scope);
        if (node.name === 'fetch') fetches.push(node);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        if (node.type === 'FunctionDeclaration' && node.id) declare(scope, (node.id as Node).name as string).functions.add(node);
        inner = { parent: scope, isFunction: true, names: new Map() };
        if (node.type === 'FunctionExpression' && node.id) declare(inner, (node.id as Node).name as string).functions.add(node);
        for (const param of node.params as Node[]) declarePattern(param, inner);
        scopes.set(node, inner);
        break;
      }
      case 'ClassDeclaration':
        if (node.id) for (const each of constructorsOf(node)) declare(scope, (node.id as Node).name as string).functions.add(each);
        break;
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
        inner = { parent: scope, isFunction: false, names: new Map() };
        break;
      case 'CatchClause':
        inner = { parent: scope, isFunction: false, names: new Map() };
        declarePattern(node.param as Node | null, inner);
        break;
      case 'VariableDeclaration':
        for (const declarator of node.declarations as Node[]) {
          declarePattern(declarator.id as Node, node.kind === 'var' ? functionScope(scope) : scope);
          declarators.push(declarator);
        }
        break;
      case 'AssignmentExpression':
        assignments.push(node);
        break;
      case 'CallExpression':
      case 'NewExpression': {
        invocations.push(node);
        walk(node.callee as Node, scope);
        for (const argument of node.arguments as Node[]) walk(argument, scope, true);
        return;
      }
      case 'MemberExpression':
        members.push(node);
        walk(node.object as Node, scope);
        if (node.computed) walk(node.property as Node, scope);
        return;
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        properties.push(node);
        if (node.computed) walk(node.key as Node, scope);
        if (node.value) walk(node.value as Node, scope, inCall);
        return;
      case 'SpreadElement':
        spreads.push(node);
        break;
      case 'Literal':
        if (typeof node.value === 'string') literals.push({ text: node.value, at: node.start, inCall });
        return;
      case 'TemplateLiteral': {
        const first = (node.quasis as Node[])[0];
        const cooked = (first?.value as { cooked?: string } | undefined)?.cooked;
        // What follows an expression is the expression's host, unless the host has ended before.
        if (cooked !== undefined && ((node.expressions as Node[]).length === 0 || /^https?:\/\/[^/?#]+[/?#]/i.test(cooked))) literals.push({ text: cooked, at: node.start, inCall });
        break;
      }
      default:
    }
    const passes = inCall && (node.type === 'BinaryExpression' || node.type === 'ConditionalExpression' || node.type === 'ObjectExpression');
    for (const key in node) {
      if (key === 'type' || key === 'start' || key === 'end') continue;
      const child = node[key];
      if (Array.isArray(child)) {
        for (const each of child as unknown[]) if (isNode(each)) walk(each, inner, passes);
      } else if (isNode(child)) walk(child, inner, passes);
    }
  }

  function find(identifier: Node): Binding | undefined {
    const name = identifier.name as string;
    for (let scope = scopes.get(identifier); scope; scope = scope.parent) {
      const binding = scope.names.get(name);
      if (binding) return binding;
    }
    return undefined;
  }

  /** The bundle's own names of the SDK's functions: `var route2 = annexSdk.route`, or taken out of the whole. */
  function declareSdk(): void {
    for (const { id, init } of declarators as unknown as { id: Node; init: Node | null }[]) {
      if (init === null) continue;
      const target = unwrapped(init);
      if (id.type === 'Identifier' && target.type === 'MemberExpression' && registering.has(keyOf(target) ?? '') && (target.object as Node).name === 'annexSdk') {
        const binding = find(id);
        if (binding) binding.register = true;
      }
      if (id.type !== 'ObjectPattern') continue;
      for (const property of id.properties as Node[]) {
        const value = property.value as Node | undefined;
        if (property.type !== 'Property' || value?.type !== 'Identifier' || !registering.has(keyOf(property) ?? '')) continue;
        const binding = find(value);
        if (binding) binding.register = true;
      }
    }
  }

  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

  function below(paths: ReadonlySet<string>, key: string | undefined): ReadonlySet<string> {
    if (paths.size === 0 || key === undefined) return nothing;
    const found = new Set<string>();
    for (const path of paths) {
      const child = path === '' ? key : `${path}.${key}`;
      // Settings are followed by any name.
      if (prefixes.has(child) || child === 'config' || (isSetting(path) && child.length <= maxSettingChars && child.split('.').length <= maxSettingParts)) found.add(child);
    }
    return found;
  }

  function valuesOf(node: Node | null): ReadonlySet<string> {
    if (node === null) return nothing;
    switch (node.type) {
      case 'Identifier':
        return find(node)?.values ?? nothing;
      case 'MemberExpression': {
        const key = keyOf(node);
        const own = below(valuesOf(node.object as Node), key);
        return own.size > 0 || key === undefined ? own : (held.get(key)?.values ?? nothing);
      }
      case 'ChainExpression':
        return valuesOf(node.expression as Node);
      case 'AwaitExpression':
        return valuesOf(node.argument as Node);
      case 'AssignmentExpression':
        return valuesOf(node.right as Node);
      case 'SequenceExpression':
        return valuesOf((node.expressions as Node[]).at(-1) ?? null);
      case 'ConditionalExpression':
        return union(valuesOf(node.consequent as Node), valuesOf(node.alternate as Node));
      case 'LogicalExpression':
        return union(valuesOf(node.left as Node), valuesOf(node.right as Node));
      default:
        return nothing;
    }
  }

  function functionsOf(node: Node | null): Iterable<Node> {
    if (node === null) return [];
    switch (node.type) {
      case 'FunctionExpression':
      case 'FunctionDeclaration':
      case 'ArrowFunctionExpression':
        return [node];
      case 'ClassExpression':
        return constructorsOf(node);
      case 'Identifier':
        return find(node)?.functions ?? [];
      case 'MemberExpression':
        return held.get(keyOf(node) ?? '')?.functions ?? [];
      case 'ChainExpression':
        return functionsOf(node.expression as Node);
      case 'ConditionalExpression':
        return [...functionsOf(node.consequent as Node), ...functionsOf(node.alternate as Node)];
      case 'LogicalExpression':
        return [...functionsOf(node.left as Node), ...functionsOf(node.right as Node)];
      default:
        return [];
    }
  }

  function constructorsOf({ body }: Node): Node[] {
    return ((body as Node).body as Node[]).filter((member) => member.kind === 'constructor').map((member) => member.value as Node);
  }

  function add(binding: Binding, values: ReadonlySet<string>, functions: Iterable<Node>): void {
    for (const value of values) {
      if (binding.values.has(value)) continue;
      binding.values.add(value);
      changed = true;
    }
    for (const each of functions) {
      if (binding.functions.has(each)) continue;
      binding.functions.add(each);
      changed = true;
    }
  }

  function holder(name: string): Binding {
    let binding = held.get(name);
    if (binding === undefined) held.set(name, (binding = makeBinding()));
    return binding;
  }

  /** A value goes into a variable, a pattern or a property. */
  function bind(target: Node, source: Node | null): void {
    if (source === null) return;
    addSource(target, source);
    bindValues(target, valuesOf(source), functionsOf(source));
  }

  function addSource(target: Node, source: Node): void {
    if (target.type === 'AssignmentPattern') {
      addSource(target.left as Node, source);
      addSource(target.left as Node, target.right as Node);
    } else if (target.type === 'Identifier') find(target)?.sources.add(source);
    else if (target.type === 'MemberExpression') {
      const key = keyOf(target);
      if (key !== undefined) holder(key).sources.add(source);
    }
  }

  function bindValues(target: Node, values: ReadonlySet<string>, functions: Iterable<Node> = []): void {
    switch (target.type) {
      case 'Identifier': {
        const binding = find(target);
        if (binding) add(binding, values, functions);
        return;
      }
      case 'MemberExpression': {
        const key = keyOf(target);
        if (key !== undefined) add(holder(key), values, functions);
        return;
      }
      case 'AssignmentPattern':
        bindValues(target.left as Node, values, functions);
        return;
      case 'RestElement':
        bindValues(target.argument as Node, values);
        return;
      case 'ObjectPattern':
        for (const property of target.properties as Node[]) {
          if (property.type === 'RestElement') bindValues(property.argument as Node, values);
          else {
            const key = keyOf(property);
            const own = below(values, key);
            const other = key === undefined ? undefined : held.get(key);
            bindValues(property.value as Node, own.size > 0 ? own : (other?.values ?? nothing), other?.functions);
          }
        }
        return;
      default:
    }
  }

  function holdProperty(node: Node): void {
    const key = keyOf(node);
    const value = node.value as Node | null;
    if (key === undefined || value === null || key === 'constructor') return;
    holder(key).sources.add(value);
    add(holder(key), valuesOf(value), functionsOf(value));
  }

  function invoke(node: Node): void {
    const callee = unwrapped(node.callee as Node);
    const args = node.arguments as Node[];
    if (isRegistration(callee, args)) {
      for (const argument of args) for (const handler of handlersIn(argument)) bindParams(handler, [new Set([''])]);
      return;
    }
    const isCall = callee.type === 'MemberExpression' && keyOf(callee) === 'call';
    const targets = [...functionsOf(isCall ? (callee.object as Node) : callee)];
    const given = (isCall ? args.slice(1) : args).map((argument) => ({ values: valuesOf(argument), functions: [...functionsOf(argument)] }));
    for (const target of targets) {
      (target.params as Node[]).forEach((param, index) => {
        const argument = (isCall ? args.slice(1) : args)[index];
        if (argument) addSource(param, argument);
      });
      (target.params as Node[]).forEach((param, index) => bindValues(param, given[index]?.values ?? nothing, given[index]?.functions));
    }
  }

  function bindParams(handler: Node, values: ReadonlySet<string>[]): void {
    (handler.params as Node[]).forEach((param, index) => bindValues(param, values[index] ?? nothing));
  }

  /** `route(…)`, `sdk.route('/…', …)`; not `list.filter(…)`, whose first argument is no text. */
  function isRegistration(callee: Node, args: Node[]): boolean {
    if (callee.type === 'Identifier') return find(callee)?.register ?? false;
    if (callee.type !== 'MemberExpression' || !registering.has(keyOf(callee) ?? '')) return false;
    return args[0]?.type === 'Literal' || args[0]?.type === 'TemplateLiteral' || /^(on[A-Z]|health)/.test(keyOf(callee) ?? '');
  }

  /** The functions that a handler's argument comes to: itself, one by name, those handed to a wrapper, and those that the wrapper returns. */
  function handlersIn(argument: Node, depth = 0): Node[] {
    const direct = [...functionsOf(argument)];
    const node = unwrapped(argument);
    if (node.type !== 'CallExpression' || depth > 5) return direct;
    const inner = (node.arguments as Node[]).flatMap((each) => handlersIn(each, depth + 1));
    const returned = [...functionsOf(unwrapped(node.callee as Node))].flatMap((wrapper) => returnedFunctions(wrapper));
    return [...direct, ...inner, ...returned];
  }

  function returnedFunctions(wrapper: Node): Node[] {
    const body = wrapper.body as Node;
    if (body.type !== 'BlockStatement') return [...functionsOf(body)];
    const found: Node[] = [];
    const look = (node: Node): void => {
      if (node.type === 'ReturnStatement' && node.argument) found.push(...functionsOf(node.argument as Node));
      if (/Function/.test(node.type)) return;
      for (const key in node) {
        const child = node[key];
        for (const each of (Array.isArray(child) ? child : [child]) as unknown[]) if (isNode(each)) look(each);
      }
    };
    for (const statement of body.body as Node[]) look(statement);
    return found;
  }

  // ── what was found ────────────────────────────────────────────────────────────────────────────────────────────────

  function report(): ReachAnswer {
    const map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
    const lineStarts = [0];
    for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) lineStarts.push(at + 1);
    const placeOf = (at: number): Place | undefined => {
      let [low, high] = [0, lineStarts.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((lineStarts[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      const entry = map.findEntry(low, at - (lineStarts[low] ?? 0));
      return 'originalSource' in entry && typeof entry.originalSource === 'string' ? { file: entry.originalSource, line: entry.originalLine + 1 } : undefined;
    };
    const listed = <T extends object>(entries: Iterable<[number, T]>): (T & Place)[] => {
      const found = new Map<string, T & Place>();
      for (const [at, what] of entries) {
        const place = placeOf(at);
        if (place === undefined || place.file.startsWith('sdk:')) continue;
        const entry = { ...what, ...place };
        const key = JSON.stringify(entry);
        if (!found.has(key) && found.size < maxPlaces) found.set(key, entry);
      }
      return [...found.values()];
    };
    return { ok: true, calls: listed(reachedCalls()), urls: listed(urlLiterals()), dynamic: listed(lostSight()) };
  }

  function* reachedCalls(): Generator<[number, { call: string }]> {
    for (const node of members) for (const path of valuesOf(node)) yield* callAt(node, path);
    for (const node of invocations) {
      const callee = unwrapped(node.callee as Node);
      // What was taken out of ctx by name is named where it is used: `const { query } = ctx.db`, then `query(…)`.
      for (const used of [callee, ...(node.arguments as Node[])]) if (used.type === 'Identifier') for (const path of valuesOf(used)) yield* callAt(used, path);
    }
    const fetched = leaves.get('http.request');
    if (fetched === undefined) return;
    // Taken as a value it is called under another name sooner or later: `const f = fetch`, `this.fetch = options.fetch ?? fetch`.
    for (const node of fetches) if (!find(node)) yield [node.start, { call: fetched }];
    for (const node of members) if (keyOf(node) === 'fetch' && /^(?:globalThis|self)$/.test(String((node.object as Node).name))) yield [node.start, { call: fetched }];
  }

  function* callAt(node: Node, path: string): Generator<[number, { call: string }]> {
    const call = leaves.get(path);
    if (call === undefined) return;
    // A chain over several lines is named where its last name stands.
    const at = node.type === 'MemberExpression' ? (node.property as Node).start : node.start;
    yield [at, { call }];
  }

  function* urlLiterals(): Generator<[number, { url: string; requested: boolean }]> {
    for (const { text, at, inCall } of literals) if (/^https?:\/\/[^/?#\s]/i.test(text)) yield [at, { url: text.slice(0, 300), requested: inCall }];
  }

  function* lostSight(): Generator<[number, { within: string; from?: string }]> {
    yield* openHosts();
    for (const [at, what] of partsOutOfSight()) if (!isSetting(what.within)) yield [at, what];
  }

  /** Requests whose host is not written out, and the settings that it comes from. */
  function* openHosts(): Generator<[number, { within: string; from?: string }]> {
    const sight: Sight = {
      settingsOf: (node) => settingsOf(node),
      sourcesOf: (node) => (node.type === 'Identifier' ? (find(node)?.sources ?? []) : (held.get(keyOf(node) ?? '')?.sources ?? [])),
    };
    for (const node of invocations) {
      const callee = unwrapped(node.callee as Node);
      if (!isRequest(callee)) continue;
      const { isKnown, settings } = originOf((node.arguments as Node[])[0], sight);
      const at = callee.type === 'MemberExpression' ? (callee.property as Node).start : callee.start;
      for (const from of settings) yield [at, { within: 'http', from }];
      if (!isKnown && settings.size === 0) yield [at, { within: 'http' }];
    }
  }

  function isRequest(callee: Node): boolean {
    if ([...valuesOf(callee)].some((path) => leaves.get(path) === 'http.request')) return true;
    if (callee.type === 'MemberExpression') return keyOf(callee) === 'fetch' && /^(?:globalThis|self)$/.test(String((callee.object as Node).name));
    if (callee.type !== 'Identifier') return false;
    const binding = find(callee);
    return binding === undefined ? callee.name === 'fetch' : [...binding.sources].some((each) => each.type === 'Identifier' && each.name === 'fetch' && !find(each));
  }

  function settingsOf(node: Node): string[] {
    const own = [...valuesOf(node)].filter(isSetting);
    if (own.length > 0 || node.type !== 'MemberExpression' || keyOf(node) !== undefined) return own;
    // `ctx.config[name]`: one of them all.
    return settingsOf(node.object as Node);
  }

  function* partsOutOfSight(): Generator<[number, { within: string }]> {
    for (const node of members) if (keyOf(node) === undefined) for (const path of valuesOf(node.object as Node)) if (!leaves.has(path)) yield [node.start, { within: path }];
    for (const node of spreads) for (const path of valuesOf(node.argument as Node)) if (!leaves.has(path)) yield [node.start, { within: path }];
    for (const node of declarators) if ((node.id as Node).type === 'ObjectPattern') yield* computedIn(node.id as Node, valuesOf(node.init as Node | null));
    for (const node of invocations) {
      const callee = unwrapped(node.callee as Node);
      if (callee.type === 'Identifier' && (callee.name === 'eval' || callee.name === 'Function') && !find(callee)) yield [node.start, { within: '' }];
      const args = node.arguments as Node[];
      if (isRegistration(callee, args) || [...functionsOf(callee)].length > 0) continue;
      for (const argument of args) for (const path of valuesOf(argument)) if (!leaves.has(path)) yield [argument.start, { within: path }];
    }
  }

  function* computedIn(pattern: Node, values: ReadonlySet<string>): Generator<[number, { within: string }]> {
    for (const property of pattern.properties as Node[]) {
      if (property.type !== 'RestElement' && keyOf(property) === undefined) for (const path of values) yield [property.start, { within: path }];
    }
  }
}

function isSetting(path: string): boolean {
  return path === 'config' || path.startsWith('config.');
}

function makeBinding(): Binding {
  return { values: new Set(), functions: new Set(), sources: new Set(), register: false };
}

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  if (one.size === 0) return other;
  return other.size === 0 ? one : new Set([...one, ...other]);
}

/** Looks through one bundle; what cannot be read is an answer too. */
export function answerReach(request: ReachRequest): ReachAnswer {
  try {
    return findReach(request);
  } catch (thrown) {
    return { ok: false, reason: thrown instanceof RangeError ? 'it is nested too deeply' : 'it could not be read' };
  }
}

// Imported elsewhere, in a thread that does something else, it must not take that thread's messages.
if ((workerData as { isReach?: boolean } | null)?.isReach === true) parentPort?.once('message', (request: ReachRequest) => parentPort?.postMessage(answerReach(request)));
