import { execFileSync } from 'node:child_process';

/** Makes a named pipe: whoever reads it without looking waits for ever. */
export function mkfifoSync(path: string): void {
  execFileSync('mkfifo', [path]);
}
