/**
 * The sandbox of a process: started for the first plugin, shared by all, since starting executors is the slow part of a
 * test.
 */
import { sandboxHostMethods } from '@annex/execution';
import { createSandbox, type Sandbox } from '@annex/sandbox';

/** After the last plugin was closed, how long executors stay for the next one. Milliseconds. */
const lingerMs = 500;

let shared: Promise<Sandbox> | undefined;
let users = 0;
let linger: NodeJS.Timeout | undefined;

/** Takes part in the sandbox, starting it when nobody has. Each needs one {@link leaveSandbox}. */
export async function enterSandbox(): Promise<Sandbox> {
  clearTimeout(linger);
  users += 1;
  shared ??= createSandbox({ hostMethods: [...sandboxHostMethods], blankExecutors: 1 });
  try {
    return await shared;
  } catch (thrown) {
    shared = undefined;
    users -= 1;
    throw thrown;
  }
}

/** The last one out ends the executors, unless somebody comes soon. */
export function leaveSandbox(): void {
  users = Math.max(0, users - 1);
  if (users === 0) linger = setTimeout(() => void closeSandbox(), lingerMs).unref();
}

/**
 * Ends the executors that every {@link openPlugin} of this process shares; plugins that are still open fail from then
 * on. Needed only by who cannot wait the moment after which they end by themselves. Safe to call twice.
 * @example
 * await closeSandbox()
 */
export async function closeSandbox(): Promise<void> {
  clearTimeout(linger);
  const ending = shared;
  shared = undefined;
  users = 0;
  await (await ending?.catch(() => undefined))?.stop(0);
}
