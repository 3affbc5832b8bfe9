import { Worker } from 'node:worker_threads';
import { hostMethods, type HostMethod } from '@annex/host-api';
import { FairGate } from '@annex/kernel';
import type { PackageBundle } from '../bundle/bundle-package.js';
import { sdkExports } from '../bundle/package-plugin.js';
import type { Place, ReachAnswer, ReachRequest } from './messages.js';
import { answerReach } from './reach-thread.js';

/**
 * What a bundle's code can reach, as far as reading it tells. Lines count from 1; files are named relative to the
 * package.
 */
export interface BundleReach {
  /** Whether the code could be read in time; if not, everything else is empty. */
  complete: boolean;
  calls: ({ call: HostMethod } & Place)[];
  /** URL literals. `requested`: written in a call of `ctx.http` or `fetch`. */
  urls: ({ url: string; requested: boolean } & Place)[];
  /**
   * Where `ctx` or a part of it (`within`, `''`: all) goes where it could not be followed: more may be reached than is
   * listed. `http` also where a request's host is not written out; `from`: the setting that it comes from, such as
   * `config.base`, if that can be seen.
   */
  dynamic: ({ within: string; from?: string } & Place)[];
}

/** {@link BundleReach} with what only the check of the package looks at. */
export interface ReachReading extends BundleReach {
  /** Types of events that are written out in a call of `ctx.emit`. */
  emits: ({ type: string } & Place)[];
}

export interface ReadReachOptions {
  /** Longest reading, in milliseconds. Default 3000. */
  timeoutMs?: number;
}

/** Places reported of each kind. */
const maxPlaces = 500;
const heapMb = 384;
const gate = new FairGate({ atOnce: 2, atOncePerKey: 2 });

const nothing: ReachReading = { complete: false, calls: [], emits: [], urls: [], dynamic: [] };
const httpNames = ['get', 'head', 'delete', 'post', 'put', 'patch', 'request'];
/** The table's calls as plugin code writes them. */
export const calls: Record<string, string> = Object.fromEntries(
  hostMethods.flatMap((name): [string, string][] =>
    name === 'http.request' ? httpNames.map((each) => [`http.${each}`, name]) : [[name, name]],
  ),
);
/** The SDK's functions that take a handler. */
export const registers: readonly string[] = sdkExports.filter(
  (name) => name !== 'NonRetryable' && name !== 'RetryAfter',
);

/**
 * Reads a bundle in a thread of its own, which is ended when it takes too long or too much memory. Never throws for
 * what the bundle holds.
 */
export function readReach(
  bundle: Pick<PackageBundle, 'code' | 'sourceMap'>,
  { timeoutMs = 3000 }: ReadReachOptions = {},
): Promise<ReachReading> {
  return gate.run('', async () => {
    return reachOf(await ask(requestOf(bundle), timeoutMs));
  });
}

/** As {@link readReach}, on the caller's own thread: it may be long and cannot be ended but with its process. */
export function readReachHere(bundle: Pick<PackageBundle, 'code' | 'sourceMap'>): ReachReading {
  return reachOf(answerReach(requestOf(bundle)));
}

function requestOf({ code, sourceMap }: Pick<PackageBundle, 'code' | 'sourceMap'>): ReachRequest {
  return { code, sourceMap, calls, registers: [...registers], maxPlaces };
}

function reachOf(answer: ReachAnswer | undefined): ReachReading {
  if (!answer?.ok) return nothing;
  const { emits, urls, dynamic } = answer;
  return { complete: true, calls: answer.calls as BundleReach['calls'], emits, urls, dynamic };
}

async function ask(request: ReachRequest, timeoutMs: number): Promise<ReachAnswer | undefined> {
  // Beside the compiled file; in tests, which run the source, as built.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/reach/reach-thread.js' : './reach-thread.js',
    import.meta.url,
  );
  const thread = new Worker(file, {
    name: 'reach',
    workerData: { isReach: true },
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ReachAnswer | undefined>((resolve) => {
      thread.once('message', resolve);
      thread.once('error', () => resolve(undefined));
      thread.once('exit', () => resolve(undefined));
      timer = setTimeout(() => resolve(undefined), timeoutMs);
      thread.postMessage(request);
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
