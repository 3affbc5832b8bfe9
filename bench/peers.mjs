// The yardsticks: a bare NestJS on Fastify, and workerd, each answering the same JSON.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProgram } from './support.mjs';

const here = dirname(fileURLToPath(import.meta.url));

const answers = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}`);
};

async function startPeer(name, command, argumentsFor) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/ping`;
  const program = await startProgram(command, argumentsFor(port), { ready: () => answers(url) });
  return { name, pid: program.pid, rows: [{ name: 'ping', url }], stop: program.stop };
}

export function startNest() {
  return startPeer('bare NestJS', process.execPath, (port) => [join(here, 'servers/nest.mjs'), String(port)]);
}

export function startWorkerd(workspace) {
  copyFileSync(join(here, 'servers/worker.js'), join(workspace, 'worker.js'));
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch === 'x64' ? '64' : process.arch}`;
  const binary = join(dirname(require.resolve(`@cloudflare/workerd-${platform}/package.json`)), 'bin/workerd');
  return startPeer('workerd', binary, (port) => {
    const config = join(workspace, 'config.capnp');
    const template = readFileSync(join(here, 'servers/workerd.capnp.template'), 'utf8');
    writeFileSync(config, template.replace('PORT', String(port)));
    return ['serve', config];
  });
}
