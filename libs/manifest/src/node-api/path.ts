/** `node:path`: the package path-browserify, which is Node's own for POSIX. Nothing here is Windows. */
import path from 'path-browserify';

export default path;
