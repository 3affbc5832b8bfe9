// `npm start`: builds what changed, then becomes Annex. One command and one process, so that Ctrl-C is heard once and the exit code is Annex's.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = spawnSync(process.execPath, [fileURLToPath(new URL('build.mjs', import.meta.url))], { stdio: 'inherit' });
if (build.signal) process.kill(process.pid, build.signal);
if (build.status !== 0) process.exit(1);
await import('../apps/annex/dist/main.js');
