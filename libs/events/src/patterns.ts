/**
 * Tells whether an event name is meant. Costs at most (segments of the pattern) × (segments of the name) steps,
 * whatever both say.
 */
export type EventMatcher = (name: string) => boolean;

/**
 * Compiles a pattern that {@link eventPatternFault} accepts. The states of the match are kept as the bits of one number
 * (there are at most 17), so every name is read once, from left to right, and nothing is ever tried again.
 */
export function compileEventPattern(pattern: string): EventMatcher {
  return compilePattern(pattern, '.');
}

/**
 * The same for paths of at most 16 segments whose separator is another one, such as the keys of settings.
 */
export function compilePattern(pattern: string, separator: string): EventMatcher {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const parts = pattern.split(separator);
  const accepting = 1 << parts.length;
  /** From each position, those that are reachable without reading: a `**` may stand for nothing. */
  const skip = (states: number): number => {
    let out = states;
    for (let index = 0; index < parts.length; index += 1) {
      if ((out & (1 << index)) !== 0 && parts[index] === '**') out |= 1 << (index + 1);
    }
    return out;
  };
  const initial = skip(1);
  return (name) => {
    let states = initial;
    for (const segment of name.split(separator)) {
      let next = 0;
      for (let index = 0; index < parts.length; index += 1) {
        if ((states & (1 << index)) === 0) continue;
        const part = parts[index];
        if (part === '**') next |= 1 << index;
        else if (part === '*' || part === segment) next |= 1 << (index + 1);
      }
      states = skip(next);
      if (states === 0) return false;
    }
    return (states & accepting) !== 0;
  };
}

/** Whether a pattern means an event name: `*` is one segment, `**` any number, none included. Both must be valid. */
export function matchesEvent(pattern: string, name: string): boolean {
  return compileEventPattern(pattern)(name);
}
