import { errors } from '../errors.js';

/** Oldest Node that may run plugin code: an end-of-life V8 is not an option. */
export const minimumNodeMajor = 26;

/** Throws `NODE_TOO_OLD` unless this process runs on a Node that plugin code may run on. */
export function requireSupportedNode(version: string = process.versions.node): void {
  const major = Number(version.split('.')[0]);
  if (major >= minimumNodeMajor) return;
  throw errors.error(
    'NODE_TOO_OLD',
    `this is Node ${version}, plugin code needs Node ${minimumNodeMajor} or newer; start Annex through its npm ` +
      'scripts, which bring the right one',
  );
}
