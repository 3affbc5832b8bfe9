import { setFlagsFromString } from 'node:v8';

// The first file of the program stands alone: on an older Node the others could not even be loaded, and the reason
// would not be said.
const needed = 26;

if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    `annex: this is Node ${process.versions.node}; plugin code runs on Node ${needed} only. Start with \`npm ` +
      `start\`, which brings it along.`,
  );
  process.exit(1);
}
// V8 learns which objects live long and makes those in the old space from then on. Of runs it learns that while the
// machine is busy, and is wrong ever after: each then keeps its request until the next full collection
// (docs/adr/0037-the-short-way.md has the figures).
setFlagsFromString('--no-allocation-site-pretenuring');
// V8 collects everything each time 64 MB of buffers were added, whatever the heap's size: with bodies of megabytes that
// is ten full collections a second. With this, buffers count towards the limit of the heap as a whole
// (docs/adr/0013-http-thread.md has the figures).
setFlagsFromString('--external-memory-accounted-in-global-limit');
const { runProgram } = await import('./program.js');
runProgram();
