/** Whether two values are the same all the way down, as `util.isDeepStrictEqual` means it. */
type Pairs = [unknown, unknown][];

export function isDeepStrictEqual(one: unknown, other: unknown): boolean {
  return isEqual(one, other, []);
}

/** `open`: the pairs that are being compared above; one that comes again is a circle on both sides. */
function isEqual(one: unknown, other: unknown, open: Pairs): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (open.some(([a, b]) => a === one && b === other)) return true;
  const within: Pairs = [...open, [one, other]];
  return isSameInside(one, other, within) && haveEqualKeys(one, other, within);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What an object holds besides its properties. */
function isSameInside(one: object, other: object, open: Pairs): boolean {
  if (one instanceof Date) return one.getTime() === (other as Date).getTime();
  if (one instanceof RegExp) return String(one) === String(other);
  if (one instanceof Error) {
    const error = other as Error;
    return one.name === error.name && one.message === error.message && isEqual(one.cause, error.cause, open);
  }
  if (ArrayBuffer.isView(one)) return haveSameBytes(one, other as ArrayBufferView);
  if (one instanceof Number || one instanceof String || one instanceof Boolean)
    return Object.is(one.valueOf(), (other as typeof one).valueOf());
  if (one instanceof Map) return hasEach(one.entries(), other as Map<unknown, unknown>, open);
  if (one instanceof Set) return hasEach(one.values(), other as Set<unknown>, open);
  return !Array.isArray(one) || one.length === (other as unknown[]).length;
}

function haveSameBytes(one: ArrayBufferView, other: ArrayBufferView): boolean {
  const [a, b] = [one, other].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return a?.length === b?.length && a?.every((byte, index) => byte === b?.[index]) === true;
}

function hasEach(
  entries: Iterator<unknown> & Iterable<unknown>,
  other: Map<unknown, unknown> | Set<unknown>,
  open: Pairs,
): boolean {
  const left = [...other];
  for (const entry of entries) {
    const found = left.findIndex((each) => isEqual(entry, each, open));
    if (found < 0) return false;
    left.splice(found, 1);
  }
  return left.length === 0;
}

function haveEqualKeys(one: object, other: object, open: Pairs): boolean {
  const [keys, others] = [one, other].map((each) =>
    Reflect.ownKeys(each).filter((key) => Object.prototype.propertyIsEnumerable.call(each, key)),
  );
  if (ArrayBuffer.isView(one)) return true;
  return (
    keys?.length === others?.length &&
    keys?.every(
      (key) =>
        others?.includes(key) &&
        isEqual((one as Record<PropertyKey, unknown>)[key], (other as Record<PropertyKey, unknown>)[key], open),
    ) === true
  );
}
