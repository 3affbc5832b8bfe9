export { createAnnex, type Annex, type AnnexExtras, type AnnexOptions } from './client.js';
export { describeCall, gateOf, routeOf, type DescribedCall, type Gate } from './describe-call.js';
export { AnnexProblem } from './problem.js';
export { retrying, type RetryOptions } from './retrying.js';
export type { CallOptions, Calls, Input, Item, ListName, Name, Output, StreamEvent, StreamName } from './types.js';
export type * from './generated/api.js';
