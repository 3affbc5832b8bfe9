import { parse } from 'acorn';
import type { PackageBundle } from '../bundle/bundle-package.js';
import type { Place } from '../reach/messages.js';
import type { Node } from '../reach/nodes.js';
import { AuthorPlaces } from '../reach/author-places.js';
import { calls, registers } from '../reach/read-reach.js';
import { Facts } from '../reach/scopes.js';
import { Values } from '../reach/values.js';
import { Mentions, type Mention } from './mentions.js';

const maxMentions = 5_000;

/** What a bundle says to `ctx`, with the author's files and lines. `[]` for code that takes too long to be followed. */
export function readMentions({ code, sourceMap }: Pick<PackageBundle, 'code' | 'sourceMap'>): (Mention & Place)[] {
  try {
    const facts = new Facts(parse(code, { ecmaVersion: 'latest', sourceType: 'script' }) as unknown as Node);
    const values = new Values(facts, { calls: Object.keys(calls), registers });
    return new AuthorPlaces(code, sourceMap).listed(new Mentions(facts, values).all(), maxMentions);
  } catch (thrown) {
    if (thrown instanceof RangeError) return [];
    throw thrown;
  }
}
