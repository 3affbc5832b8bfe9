// Another commit of this repository, built so that it can run beside this one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Checks a commit out into a folder of the cache and builds it. It gets the packages of this checkout, as hard links: a
 * commit with others has to be measured in a checkout of its own. `remove` takes the folder away.
 */
export function buildRevision(root, revision) {
  const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
  const name = git('rev-parse', '--short', `${revision}^{commit}`);
  const tree = join(root, 'node_modules/.cache', `bench-${name}`);
  const remove = () => {
    rmSync(tree, { recursive: true, force: true });
    git('worktree', 'prune');
  };
  remove();
  git('worktree', 'add', '--detach', tree, name);
  const modules = join(tree, 'node_modules');
  mkdirSync(modules);
  const entries = readdirSync(join(root, 'node_modules')).filter((entry) => entry !== '.cache');
  execFileSync('cp', ['-al', ...entries.map((entry) => join(root, 'node_modules', entry)), modules]);
  execFileSync(process.execPath, [join(tree, 'scripts/build.mjs')], { cwd: tree, stdio: 'inherit' });
  return { tree, name, remove };
}
