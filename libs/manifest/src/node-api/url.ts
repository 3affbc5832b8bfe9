/** `node:url`: of unenv, which took Node's own parser, without its warning at each plugin's first `parse`. */
import url from 'unenv/node/url';

interface Parsed {
  parse(text: string, parseQuery?: boolean, slashesDenoteHost?: boolean): void;
  resolveObject(relative: Parsed): Parsed;
  format(): string;
}

const Url = (url as unknown as { Url: new () => Parsed }).Url;

function parse(text: string | Parsed, parseQuery?: boolean, slashesDenoteHost?: boolean): Parsed {
  if (text instanceof Url) return text;
  const parsed = new Url();
  parsed.parse(text as string, parseQuery, slashesDenoteHost);
  return parsed;
}

function resolveObject(from: string, to: string): Parsed {
  return parse(from, false, true).resolveObject(parse(to, false, true));
}

export default {
  ...url,
  parse,
  format: (value: string | URL | object, options?: object) =>
    typeof value === 'string' ? parse(value).format() : url.format(value as URL, options),
  resolve: (from: string, to: string) => resolveObject(from, to).format(),
  resolveObject,
};
