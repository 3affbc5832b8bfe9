import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about runs, events and jobs. How runs themselves end stands in `outcomes.ts`. */
export const runErrors = defineErrors('runs', {
  RUN_NOT_FOUND: { title: 'There is no such run', status: 404, fault: 'caller' },
  RUN_ENDED: { title: 'The run has ended', status: 409, fault: 'caller' },
  RUN_NOT_ENDED: { title: 'The run has not ended yet', status: 409, fault: 'caller' },
  NOT_A_DEAD_LETTER: { title: 'The run is no dead letter', status: 409, fault: 'caller' },
  REPLAY_NOT_FOUND: { title: 'No such replay', status: 404, fault: 'caller' },
  BATCH_NOT_FOUND: { title: 'No such act on many runs', status: 404, fault: 'caller' },
  BATCH_LIMIT: { title: 'Too many acts on many runs at once', status: 429, fault: 'limit' },
  EVENT_NOT_FOUND: { title: 'No such event', status: 404, fault: 'caller' },
  PLUGIN_NOT_FOUND: { title: 'There is no such plugin', status: 404, fault: 'caller' },
  JOB_NOT_FOUND: { title: 'There is no such job', status: 404, fault: 'caller' },
});
