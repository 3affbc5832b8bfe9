/** What apps/compiler is made of. Not for any other program. */
export { CheckProgram, type CheckProgramOptions } from './compiler/program.js';
