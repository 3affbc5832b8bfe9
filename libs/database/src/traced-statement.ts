import { tracedPart, tracing } from '@annex/kernel';

const maxText = 2048;

/** Runs a statement as a part of the active span. Its text goes along; values are parameters, and stay here. */
export function tracedStatement<T>(text: string, run: () => Promise<T>): Promise<T> {
  if (tracing() === undefined) return run();
  const word = /^\W*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text.slice(0, maxText) };
  return tracedPart(`${word} postgresql`, { kind: 'client', attributes }, run);
}

/**
 * The setting that a transaction begins with while it is traced: runs that it makes keep it, so that whoever runs them
 * goes on with the trace. Its text is hex and hyphens only.
 */
export function activeTrace(): string | undefined {
  const traceparent = tracing()?.active()?.traceparent;
  return traceparent !== undefined && /^[0-9a-f-]+$/.test(traceparent) ? traceparent : undefined;
}
