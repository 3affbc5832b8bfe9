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
const { runProgram } = await import('./program.js');
runProgram();
