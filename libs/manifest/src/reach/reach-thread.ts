/**
 * The thread that looks through a bundle for what its code can reach. The code is a stranger's and may be made to be
 * slow or deep to read, so it is read where reading can be ended.
 *
 * What it follows: the first parameter of every handler is a `ctx`. From there it goes where values go by name:
 * variables, destructuring, arguments of functions that can be named, properties by their name, functions that handlers
 * are wrapped in. It sees too much rather than too little (a property called `ctx` is the same everywhere), and where
 * it loses sight it says so. It is a report for people, not a wall: the wall is the broker.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { parse } from 'acorn';
import { Findings } from './findings.js';
import type { ReachAnswer, ReachRequest } from './messages.js';
import type { Node } from './nodes.js';
import { AuthorPlaces } from './author-places.js';
import { Facts } from './scopes.js';
import { Values } from './values.js';

/**
 * Looks through one bundle. Throws `RangeError` for code that is nested too deeply or takes too long, and the parser's
 * `SyntaxError`.
 */
function findReach({ code, sourceMap, calls, registers, maxPlaces }: ReachRequest): ReachAnswer {
  const leaves = new Map(Object.entries(calls));
  const facts = new Facts(parse(code, { ecmaVersion: 'latest', sourceType: 'script' }) as unknown as Node);
  const findings = new Findings(facts, new Values(facts, { calls: leaves.keys(), registers }), leaves);
  const places = new AuthorPlaces(code, sourceMap);
  return {
    ok: true,
    calls: places.listed(findings.reachedCalls(), maxPlaces),
    emits: places.listed(findings.emittedTypes(), maxPlaces),
    urls: places.listed(findings.urlLiterals(), maxPlaces),
    dynamic: places.listed(findings.lostSight(), maxPlaces),
  };
}

/** Looks through one bundle; what cannot be read is an answer too. */
export function answerReach(request: ReachRequest): ReachAnswer {
  try {
    return findReach(request);
  } catch (thrown) {
    return {
      ok: false,
      reason: thrown instanceof RangeError ? 'it is nested too deeply, or too large' : 'it could not be read',
    };
  }
}

// Imported elsewhere, in a thread that does something else, it must not take that thread's messages.
if ((workerData as { isReach?: boolean } | null)?.isReach === true)
  parentPort?.once('message', (request: ReachRequest) => parentPort?.postMessage(answerReach(request)));
