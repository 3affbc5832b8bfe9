export { sourceErrors } from './errors.js';
export { PollRuns, type PollRunsOptions } from './poll-runs.js';
export { createPollTicker } from './poll-ticker.js';
export { isPackageSource, Receiving, type ReceivingOptions, type SourceReception } from './receiving.js';
export { connectDeclaredSources, restPackageSources } from './package-sources.js';
export { Sources, type SourcesOptions, type SourceTestView } from './sources.js';
export { SourceWork } from './source-work.js';
export { sourceStates, type SourceState, type SourceView } from './views.js';
export { SourceRow } from './rows/source-row.js';
