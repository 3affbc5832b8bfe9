/**
 * Looks again and again, never twice at once, until the answered function is called. `look` says whether there may be
 * more at once. What it throws goes to `onFailed`, and the next look comes all the same.
 */
export function poll(
  look: (isEnded: () => boolean) => Promise<boolean>,
  { everyMs, onFailed }: { everyMs: number; onFailed: (thrown: unknown) => void },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const next = (ms: number): void => {
    if (!ended) timer = setTimeout(run, ms).unref();
  };
  const run = (): void =>
    void look(() => ended).then(
      (isMore) => next(isMore ? 0 : everyMs),
      (thrown: unknown) => {
        onFailed(thrown);
        next(everyMs);
      },
    );
  next(0);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Reads the id of a stream's event: a list of so many texts. `undefined`: it is none of ours. */
export function readPlace(text: string | undefined, parts: readonly RegExp[]): string[] | undefined {
  if (text === undefined || text.length > 2_000) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isOne =
      Array.isArray(value) &&
      value.length === parts.length &&
      parts.every((shape, index) => typeof value[index] === 'string' && shape.test(value[index] as string));
    return isOne ? (value as string[]) : undefined;
  } catch {
    return undefined;
  }
}

/** The id of a stream's event. */
export function writePlace(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}
