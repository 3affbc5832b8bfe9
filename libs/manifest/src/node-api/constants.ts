/** `node:constants`: of a machine that is not there. */
export default {};
