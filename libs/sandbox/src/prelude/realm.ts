import type { CtxTexts } from './ctx.js';
import type { RunState } from './run-state.js';
import type { Runs } from './runs.js';
import type { Registry } from './sdk.js';
import type { Turn } from './turn.js';
import type { WebInternals } from './web/install.js';

/** What all turns of one realm share; plugin code never holds it. */
export interface Realm {
  turn: Turn;
  runs: Runs;
  /** What the bundle registered. */
  registry: Registry;
  /** `@annex/sdk` for the bundle. */
  sdk: object;
  web: WebInternals;
  makeCtx(run: RunState, texts: CtxTexts): object;
  /** Sends what a handler of another language came to. Answers whether it was one's. */
  answer: ((run: RunState, kind: number, result: unknown) => boolean) | undefined;
}
