/** `node:util`: the package util, with the names that came to Node after it. */
import util from 'util/';
import { isDeepStrictEqual } from './deep-equal.js';

// eslint-disable-next-line no-control-regex -- what starts such a sequence is a control character.
const colours = /[\u001b\u009b][[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]/g;

const inspect = util.inspect as unknown as Record<string, unknown>;
inspect['custom'] ??= Symbol.for('nodejs.util.inspect.custom');

export default Object.assign(util, {
  TextEncoder: globalThis.TextEncoder,
  TextDecoder: globalThis.TextDecoder,
  isDeepStrictEqual,
  isArray: Array.isArray,
  stripVTControlCharacters: (text: string) => text.replace(colours, ''),
  styleText: (_format: unknown, text: string) => text,
  toUSVString: (text: string) => text.toWellFormed(),
  debug: util.debuglog,
});
