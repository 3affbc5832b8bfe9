import { didYouMean, quote } from '@annex/kernel';
import { templateErrors } from './errors.js';

/** The folder of a package that holds its templates. */
export const templatesFolder = 'templates/';

/** What may be left out at the end of a template's name, in the order in which it is looked for. */
export const endings = ['', '.liquid', '.html.liquid', '.html', '.txt.liquid', '.txt'];

/**
 * The file that a name means: as it stands, or with an ending left out. `undefined`: there is none. Both with the
 * folder or without.
 */
export function findTemplate(
  files: Iterable<string>,
  name: string,
  wanted: readonly string[] = endings,
): string | undefined {
  const known = new Set(files);
  const plain = name.startsWith(templatesFolder) ? name.slice(templatesFolder.length) : name;
  for (const ending of wanted) if (known.has(plain + ending)) return plain + ending;
  return undefined;
}

/** As {@link findTemplate}; throws `TEMPLATE_NOT_FOUND`. */
export function requireTemplate(files: readonly string[], name: string): string {
  const found = findTemplate(files, name);
  if (found !== undefined) return found;
  const have =
    files.length === 0
      ? 'The package has no folder templates/.'
      : `templates/ holds ${files
          .slice(0, 10)
          .map((file) => quote(file))
          .join(', ')}${files.length > 10 ? ', …' : ''}.`;
  throw templateErrors.error(
    'TEMPLATE_NOT_FOUND',
    `There is no template ${quote(name)}.${didYouMean(name, files)} ${have}`,
  );
}

/** Endings of texts that are no markup, with or without `.liquid` after them. */
const plainText = /\.(txt|text|md|csv|json|yaml|yml|ics|eml)(\.liquid)?$/i;

/**
 * Whether what a template puts out is escaped for HTML: in every template but those whose name says that it makes
 * something else.
 */
export function isMarkup(file: string): boolean {
  return !plainText.test(file);
}
