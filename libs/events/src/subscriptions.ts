interface Node<T> {
  exact: Map<string, Node<T>>;
  one: Node<T> | undefined;
  /** A `**` that starts here; its node loops on itself. */
  many: Node<T> | undefined;
  isMany: boolean;
  subscribers: Set<T>;
}

/**
 * Resolves an event name to its subscribers in time that depends on the name and the patterns that can still match, not
 * on how many subscriptions there are: a tree of segments, walked once with the set of places where one may be.
 */
export class SubscriptionIndex<T> {
  readonly #root: Node<T> = makeNode(false);
  #size = 0;

  /** How many (pattern, subscriber) pairs are held. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a subscriber under a valid pattern and answers its undo, which is safe to call twice. The same pair twice
   * counts once.
   */
  add(pattern: string, subscriber: T): () => void {
    let node = this.#root;
    for (const part of pattern.split('.')) node = child(node, part);
    if (node.subscribers.has(subscriber)) return () => {};
    node.subscribers.add(subscriber);
    this.#size += 1;
    return () => {
      if (node.subscribers.delete(subscriber)) this.#size -= 1;
    };
  }

  /** The subscribers of an event, each once, in no particular order. */
  resolve(name: string): T[] {
    let places = new Set<Node<T>>();
    enter(this.#root, places);
    for (const segment of name.split('.')) {
      const next = new Set<Node<T>>();
      for (const node of places) {
        if (node.isMany) next.add(node);
        const exact = node.exact.get(segment);
        if (exact !== undefined) enter(exact, next);
        if (node.one !== undefined) enter(node.one, next);
      }
      places = next;
    }
    const found = new Set<T>();
    for (const node of places) for (const subscriber of node.subscribers) found.add(subscriber);
    return [...found];
  }
}

function makeNode<T>(isMany: boolean): Node<T> {
  return { exact: new Map(), one: undefined, many: undefined, isMany, subscribers: new Set() };
}

function child<T>(node: Node<T>, part: string): Node<T> {
  if (part === '**') {
    // `**.**` means what `**` means.
    if (node.isMany) return node;
    node.many ??= makeNode(true);
    return node.many;
  }
  if (part === '*') {
    node.one ??= makeNode(false);
    return node.one;
  }
  let next = node.exact.get(part);
  if (next === undefined) {
    next = makeNode(false);
    node.exact.set(part, next);
  }
  return next;
}

function enter<T>(node: Node<T>, places: Set<Node<T>>): void {
  places.add(node);
  if (node.many !== undefined) places.add(node.many);
}
