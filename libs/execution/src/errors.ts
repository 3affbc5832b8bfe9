import { defineErrors } from '@annex/kernel';

/** Errors of reading runs and logs, and of what host calls answer beside the broker's own. How runs end stands in `@annex/lifecycle`. */
export const executionErrors = defineErrors('execution', {
  RUN_NOT_FOUND: { title: 'There is no such run', status: 404, fault: 'caller' },
  PLUGIN_NOT_FOUND: { title: 'There is no such plugin', status: 404, fault: 'caller' },
  CURSOR_INVALID: { title: 'The cursor is not one that a list answered', status: 422, fault: 'caller' },
  KV_NOT_A_NUMBER: { title: 'The value of a key is not a number', status: 409, fault: 'plugin' },
  SECRET_EXPOSED: { title: 'A name that is kept may not hold a secret', status: 422, fault: 'plugin' },
  EVENT_REFUSED: { title: 'The event cannot be emitted', status: 422, fault: 'plugin' },
  JOB_UNKNOWN: { title: 'The plugin has no such job', status: 404, fault: 'plugin' },
  STOPPED: { title: 'This process is shutting down', status: 503, fault: 'platform' },
});
