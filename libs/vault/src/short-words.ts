/** Finds any of a set of words in one pass over the text (Aho and Corasick, 1975), however the words and the text were chosen. */
interface State {
  next: Map<number, State>;
  /** Where to go on when no word continues: the longest end of what was read that begins another word. */
  fallback: State | undefined;
  /** Length of the longest word that ends here; 0: none. */
  ends: number;
}

export class ShortWords {
  readonly #root: State = newState();

  constructor(words: Iterable<string>) {
    for (const word of words) this.#add(word);
    this.#link();
  }

  /** Calls `found(start, end)` for the longest word that ends at each place, ends rising. */
  scan(text: string, found: (start: number, end: number) => void): void {
    const root = this.#root;
    if (root.next.size === 0) return;
    let state = root;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      let next = state.next.get(unit);
      while (next === undefined && state.fallback !== undefined) {
        state = state.fallback;
        next = state.next.get(unit);
      }
      state = next ?? root;
      if (state.ends > 0) found(at + 1 - state.ends, at + 1);
    }
  }

  #add(word: string): void {
    let state = this.#root;
    for (let at = 0; at < word.length; at += 1) {
      const unit = word.charCodeAt(at);
      let next = state.next.get(unit);
      if (next === undefined) state.next.set(unit, (next = newState()));
      state = next;
    }
    state.ends = word.length;
  }

  #link(): void {
    const queue: State[] = [];
    for (const state of this.#root.next.values()) {
      state.fallback = this.#root;
      queue.push(state);
    }
    for (const state of queue) {
      for (const [unit, next] of state.next) {
        let back = state.fallback;
        while (back !== undefined && !back.next.has(unit)) back = back.fallback;
        next.fallback = back?.next.get(unit) ?? this.#root;
        if (next.ends === 0) next.ends = next.fallback.ends;
        queue.push(next);
      }
    }
  }
}

function newState(): State {
  return { next: new Map(), fallback: undefined, ends: 0 };
}
