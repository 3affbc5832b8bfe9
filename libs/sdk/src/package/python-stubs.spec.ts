/* eslint-disable max-len -- programs are easier to read in one line */
/** The stubs of `annex` are what is there when a plugin runs. */
import { createHash } from 'node:crypto';
import { hostMethods } from '@annex/host-api';
import { pythonScript } from '@annex/manifest';
import { createSandbox, type Sandbox } from '@annex/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonName } from './python-stubs.js';
import { writePluginTypeFiles } from './write-types.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: [...hostMethods], skipSelfTest: true });
}, 60_000);
afterAll(() => sandbox?.stop(0));

const manifest = {
  slug: 'stubs',
  name: 'Stubs',
  version: '1.0.0',
  entry: 'main.py',
  secrets: ['API_KEY'],
  jobs: [{ name: 'nightly', schedule: '@daily' }],
};

/** Compares the classes of a stub with those of the module: `[what differs]`. Its place lets it import `ast`. */
const compare = `
import ast, inspect
import annex
from annex import PluginContext

def parameters(arguments):
    every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
    return [each.arg for each in every] + [each.arg for each in (arguments.vararg, arguments.kwarg) if each]

def compare(stub, ctx):
    wrong = []
    names = set()
    for node in ast.parse(stub).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
            if not callable(getattr(annex, node.name, None)):
                wrong.append(node.name)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
            plain = node.name.removeprefix("Async")
            real = PluginContext if plain == "PluginContext" else getattr(annex, node.name, None)
            if real is None:
                owners = {type(getattr(ctx, name)).__name__: type(getattr(ctx, name)) for name in dir(ctx)}
                owners.update({type(x).__name__: type(x) for x in (ctx.run, ctx.permissions, ctx.shared("a"), ctx.tenant)})
                real = owners.get(plain)
            if real is None:
                continue
            for member in node.body:
                if not isinstance(member, ast.FunctionDef) or member.name == "__getattr__":
                    continue
                function = getattr(real, member.name, None)
                if function is None:
                    wrong.append(f"{node.name}.{member.name} is not there")
                    continue
                found = [each for each in inspect.signature(function).parameters]
                said = parameters(member.args)
                takes_more = any(each.kind is each.VAR_KEYWORD for each in inspect.signature(function).parameters.values())
                if found != said and not (takes_more and set(found[:-1]) <= set(said)):
                    wrong.append(f"{node.name}.{member.name}: {said}, there is {found}")
            if plain == "PluginContext":
                said = {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
                said |= {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
                wrong.extend(f"{node.name}.{name} is not in the stub" for name in dir(ctx) if name not in said)
                wrong.extend(f"{node.name}.{name} is not there" for name in said if name not in dir(ctx) and name != "__init__")
    wrong.extend(f"annex.{name} is not in the stub" for name in annex.__all__ if name not in names)
    return wrong
`;

function stub(): string {
  const types = writePluginTypeFiles(
    new Map([
      ['plugin.json', Buffer.from(JSON.stringify(manifest))],
      ['main.py', Buffer.from('')],
    ]),
  );
  if (!types.ok) throw new Error(JSON.stringify(types.errors));
  return types.files.get('typings/annex/__init__.pyi') ?? '';
}

it('have every member of ctx with its parameters, and every name of annex', async () => {
  const main =
    'from annex import job\nfrom compare import compare\n@job("x")\ndef x(ctx, payload):\n    return compare(payload, ctx)\n';
  const code = pythonScript({ entry: 'main.py', sources: { 'main.py': main, 'vendor/compare.py': compare } });
  const sha256 = createHash('sha256').update(code).digest('hex');
  const outcome = await sandbox.run({
    runId: 'run_1',
    tenantId: 'ten_1',
    installationId: 'plg_1',
    isolateKey: sha256,
    language: 'python',
    bundleSha256: sha256,
    loadBundle: () => Promise.resolve({ code, sha256 }),
    handler: { kind: 'job', index: 0 },
    payload: JSON.stringify(stub()),
    context: {
      tenant: { id: 't', slug: 't', name: 't' },
      user: null,
      plugin: { id: 'p', slug: 'p', version: '1.0.0' },
      run: { id: 'run_1', kind: 'job', name: 'x', attempt: 1, deadlineMs: 0 },
      permissions: [],
      config: {},
    },
    limits: {
      wallMs: 30_000,
      cpuMs: 20_000,
      memoryMb: 64,
      resultBytes: 1e6,
      logLines: 10,
      logBytes: 1e4,
      hostCalls: 10,
      hostCallsAtOnce: 6,
    },
    hostCall: () => Promise.resolve({ ok: true, value: 'null' }),
    log: () => undefined,
  });
  expect(outcome).toMatchObject({ status: 'succeeded', result: '[]' });
}, 60_000);

it('have a call for every row of the table, with what it says, and the names of plugin.json', () => {
  const text = stub();
  for (const method of hostMethods) expect(text).toContain(`def ${pythonName(method.split('.').at(-1) ?? '')}(`);
  expect(text).toContain('SecretName = Literal["API_KEY"]');
  expect(text).toContain('JobName = Literal["nightly"]');
  expect(text).toContain('"""The plaintext of a declared secret');
});
