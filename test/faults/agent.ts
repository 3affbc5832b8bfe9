/**
 * Loaded into each Annex process of the fault suite before its program (`node --import`): ends, stops or blocks the
 * process at failpoints when the test says so, and puts mutants in place of the program's own code. Annex itself has no
 * switch for any of this.
 */
import { flushCompileCache, registerHooks } from 'node:module';
import { armFailpoints, type Failpoint } from '@annex/kernel';

/** Text of the compiled program to be replaced: `module` is the end of its path, `from` a regular expression. */
export interface Patch {
  module: string;
  from: string;
  to: string;
}

/** What the test asks for. `at`: once, the next time the process gets there; without: now. */
export type Order = { at?: Failpoint } & (
  { do: 'kill' } | { do: 'stop' } | { do: 'pass' } | { do: 'block'; ms: number }
);
/** What the process tells: it got to a failpoint where something was asked for; or a part of its code was replaced. */
export type Told = { reached: Failpoint } | { patched: Patch };

const orders = new Map<Failpoint, Order>();

function tell(told: Told): void {
  process.send?.(told);
}

function obey(order: Order): void {
  switch (order.do) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'stop':
      process.kill(process.pid, 'SIGSTOP');
      break;
    case 'pass':
      break;
    case 'block':
      // As a synchronous loop does: timers, sockets and answers of executors wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
  }
}

armFailpoints((name) => {
  const order = orders.get(name);
  if (order === undefined) return;
  orders.delete(name);
  tell({ reached: name });
  obey(order);
});

process.on('message', (order: Order) => {
  if (order.at === undefined) obey(order);
  else orders.set(order.at, order);
});
// Nobody will end a process whose test has died.
const test = process.ppid;
setInterval(() => process.ppid !== test && process.exit(1), 1000).unref();
process.channel?.unref();
// Most processes here are killed, which keeps them from doing that at their end.
setTimeout(flushCompileCache, 8_000).unref();

const patches = JSON.parse(process.env['FAULTS_PATCHES'] ?? '[]') as Patch[];
if (patches.length > 0) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const mine = patches.filter(({ module }) => url.endsWith(module));
      if (mine.length === 0) return loaded;
      let source = String(loaded.source);
      for (const patch of mine) {
        const changed = source.replace(new RegExp(patch.from, 'g'), () => patch.to);
        if (changed === source) {
          process.stderr.write(
            `nothing like ${patch.from} in ${patch.module}: test/faults/mutants.ts has to follow the code\n`,
          );
          process.exit(70);
        }
        source = changed;
        tell({ patched: patch });
      }
      return { ...loaded, source };
    },
  });
}
