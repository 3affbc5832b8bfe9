/** Runs one expression for each row in the isolate and answers what each gave, as text: `=value`, or `!ErrorName`. */
import type { WebIsolate } from './web-isolate.js';

/** Evaluates expressions one after the other; objects come back as JSON, what threw as `!` and the error's name. */
export async function evaluateAll(web: WebIsolate, expressions: readonly string[]): Promise<unknown[]> {
  return (await web.run(`
    const results = [];
    for (const evaluate of [${expressions.map((expression) => `async () => (${expression})`).join(',\n')}]) {
      try {
        const value = await evaluate();
        results.push(value === undefined ? '(undefined)' : value);
      } catch (error) { results.push('!' + error.name); }
    }
    return results;`)) as unknown[];
}
