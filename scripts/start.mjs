// `npm start` (with exec, so that no shell stands between): builds what changed, then becomes Annex. npm waits for this
// one process and takes over its exit code, also after Ctrl-C.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = spawnSync(process.execPath, [fileURLToPath(new URL('build.mjs', import.meta.url))], { stdio: 'inherit' });
if (build.signal) process.kill(process.pid, build.signal);
if (build.status !== 0) process.exit(1);
await import('../apps/annex/dist/main.js');
