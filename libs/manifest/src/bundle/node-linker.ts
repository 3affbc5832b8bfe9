/**
 * Puts the modules of Node that a bundle uses in front of it. The compiler does not see their texts: it finds a call in
 * the place of each import, and a name in the place of each global, so a bundle that uses none is what it would be
 * without them, and one that does takes no longer to make.
 */
import type { Metafile } from 'esbuild';
import { nodeApiText } from './node-api.js';

const call = 'annexNode';
/** Names in the place of globals that the sandbox itself does not have, and what they stand for. */
const globals: Record<string, { name: string; module: string; key?: string }> = {
  Buffer: { name: 'annexBuffer', module: 'buffer', key: 'Buffer' },
  process: { name: 'annexProcess', module: 'process' },
  setImmediate: { name: 'annexSetImmediate', module: 'timers', key: 'setImmediate' },
  MessageChannel: { name: 'annexMessageChannel', module: 'message-channel', key: 'MessageChannel' },
  clearImmediate: { name: 'annexClearImmediate', module: 'timers', key: 'clearImmediate' },
};

/** For the compiler: what takes the place of each global where code does not declare the name itself. */
export const nodeGlobals = Object.fromEntries(Object.entries(globals).map(([name, global]) => [name, global.name]));

/** The expression for a module that `node-builtins.ts` lists as given. */
export function nodeModuleCall(name: string): string {
  return `${call}(${JSON.stringify(name)})`;
}

/** What stands before a bundle for the modules and globals that it uses, in one line; `''` when it uses none. */
export function nodePreamble(code: string, metafile: Metafile): string {
  const used = Object.values(globals).filter(({ name }) => new RegExp(`\\b${name}\\b`).test(code));
  const imported = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs)
      .filter((input) => input.startsWith('node:') && (inputs[input]?.bytesInOutput ?? 0) > 0)
      .map((input) => input.slice('node:'.length)),
  );
  const texts = textsOf([...imported, ...used.map(({ module }) => module)]);
  if (texts.size === 0) return '';
  const modules = [...texts].map(([name, text]) => `${JSON.stringify(name)}(module,exports,require){${text}}`);
  const declared = used.map(
    ({ name, module, key }) => `var ${name}=${nodeModuleCall(module)}${key === undefined ? '' : `.${key}`};`,
  );
  return (
    `var ${call}=(()=>{const made={},modules={${modules.join()}};const get=name=>{const ` +
    'known=made[name];if(known)return known.exports;const ' +
    'module=made[name]={exports:{}};modules[name](module,module.exports,name=>get(name.slice(5)));return ' +
    `module.exports};return get})();${declared.join('')}`
  );
}

/** With those that they require themselves, in an order that depends on nothing but which they are. */
function textsOf(names: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const text = texts.has(name) ? undefined : nodeApiText(name);
    if (text === undefined) continue;
    texts.set(name, text);
    for (const [, required = ''] of text.matchAll(/\brequire\("node:([a-z_/]+)"\)/g)) open.push(required);
  }
  return new Map([...texts].sort(([one], [other]) => (one < other ? -1 : 1)));
}
