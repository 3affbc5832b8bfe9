import {
  IteratorPrototype,
  ObjectCreate,
  ObjectDefineProperty,
  SymbolIterator,
  SymbolToStringTag,
} from './primordials.js';

/** What an iterable declaration of Web IDL iterates: the pairs as they are at each step. */
export interface PairSource {
  length: number;
  at(index: number): readonly [string, unknown] | undefined;
}

interface IteratorState {
  source: () => PairSource;
  kind: 'keys' | 'values' | 'entries';
  index: number;
}

/**
 * Gives an interface `entries`, `keys`, `values`, `forEach` and `[Symbol.iterator]` (Web IDL §3.7.9 and §3.7.10).
 * `pairsOf` throws a TypeError when its argument is no instance.
 */
export function defineIterable<T extends object>(
  constructor: { prototype: T },
  name: string,
  pairsOf: (instance: T) => PairSource,
): void {
  const states = new WeakMap<object, IteratorState>();
  const prototype = ObjectCreate(IteratorPrototype);
  ObjectDefineProperty(prototype, SymbolToStringTag, { value: `${name} Iterator`, configurable: true });
  ObjectDefineProperty(prototype, 'next', {
    value: function next(this: object): IteratorResult<unknown> {
      const state = states.get(this);
      if (state === undefined) throw new TypeError('next() called on an object that is not an iterator of this kind');
      const pair = state.source().at(state.index);
      if (pair === undefined) return { value: undefined, done: true };
      state.index++;
      if (state.kind === 'keys') return { value: pair[0], done: false };
      return { value: state.kind === 'values' ? pair[1] : [pair[0], pair[1]], done: false };
    },
    writable: true,
    enumerable: true,
    configurable: true,
  });
  const iterate = (instance: T, kind: IteratorState['kind']): object => {
    pairsOf(instance);
    const iterator = ObjectCreate(prototype);
    states.set(iterator, { source: () => pairsOf(instance), kind, index: 0 });
    return iterator;
  };
  const members = {
    entries(this: T) {
      return iterate(this, 'entries');
    },
    keys(this: T) {
      return iterate(this, 'keys');
    },
    values(this: T) {
      return iterate(this, 'values');
    },
    forEach(this: T, callback: (value: unknown, key: string, parent: T) => void, thisArg: unknown = undefined): void {
      pairsOf(this);
      if (typeof callback !== 'function') throw new TypeError('forEach: the callback must be a function');
      for (let i = 0; ; i++) {
        const pair = pairsOf(this).at(i);
        if (pair === undefined) return;
        Reflect.apply(callback, thisArg, [pair[1], pair[0], this]);
      }
    },
  };
  for (const member of ['entries', 'keys', 'values', 'forEach'] as const) {
    ObjectDefineProperty(constructor.prototype, member, {
      value: members[member],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  ObjectDefineProperty(constructor.prototype, SymbolIterator, {
    value: members.entries,
    writable: true,
    configurable: true,
  });
}
