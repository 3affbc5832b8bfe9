/**
 * What imports of Node's modules become: texts made of src/node-api by bundle.mjs. The compiler that checks uploads can
 * read no file; libs/sandbox/bundle.mjs puts them into its program.
 */
import { readFileSync } from 'node:fs';

let texts: Readonly<Record<string, string>> | undefined;

/** The CommonJS text of a module that `node-builtins.ts` lists as given. */
export function nodeApiText(name: string): string | undefined {
  texts ??= JSON.parse(readFileSync(new URL('../../dist/bundled/node-api.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, string>
  >;
  return texts[name];
}
