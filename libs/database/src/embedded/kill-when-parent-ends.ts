import { spawn } from 'node:child_process';

/**
 * Ends a child process when this one ends in whatever way, `kill -9` included: a shell waits for the end of a pipe that
 * only this process holds. Answers its undo, for when the child has ended. Does nothing where there is no `/bin/sh`.
 */
export function killWhenParentEnds(pid: number, signal: 'QUIT' | 'KILL' | 'TERM'): () => void {
  const watch = spawn(
    '/bin/sh',
    ['-c', 'cat >/dev/null; kill -"$2" "$1" 2>/dev/null', 'annex-watch', String(pid), signal],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A session of its own: Ctrl-C at a terminal goes to everybody in the same one.
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
    },
  );
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  watch.unref();
  // It keeps nothing alive: the process may end with the pipe open, and that is what is waited for.
  if ('unref' in watch.stdin && typeof watch.stdin.unref === 'function') watch.stdin.unref();
  return () => void watch.kill('SIGKILL');
}
