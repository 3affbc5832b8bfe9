import { defineErrors } from '@annex/kernel';

/**
 * Errors of reading runs and logs, and of what host calls answer beside the broker's own. How runs end stands in
 * `@annex/lifecycle`.
 */
export const executionErrors = defineErrors('execution', {
  RUN_NOT_FOUND: { title: 'There is no such run', status: 404, fault: 'caller' },
  PLUGIN_NOT_FOUND: { title: 'There is no such plugin', status: 404, fault: 'caller' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
  STATS_TOO_FINE: { title: 'The chart would have too many points', status: 422, fault: 'caller' },
  KV_NOT_FOUND: { title: 'The plugin keeps nothing under this key', status: 404, fault: 'caller' },
  KV_NOT_A_NUMBER: { title: 'The value of a key is not a number', status: 409, fault: 'plugin' },
  KV_CHANGED: { title: 'A key is not what the plugin read', status: 409, fault: 'plugin' },
  SHARED_UNKNOWN: { title: 'There is no such shared state for the plugin', status: 404, fault: 'plugin' },
  SHARED_READ_ONLY: { title: 'The plugin may only read the shared state', status: 403, fault: 'plugin' },
  SHARED_AMBIGUOUS: { title: 'Several plugins have a shared state of this name', status: 409, fault: 'plugin' },
  SECRET_EXPOSED: { title: 'A name that is stored may not contain a secret', status: 422, fault: 'plugin' },
  EVENT_REFUSED: { title: 'The event cannot be emitted', status: 422, fault: 'plugin' },
  JOB_UNKNOWN: { title: 'The plugin has no such job', status: 404, fault: 'plugin' },
  PAYLOAD_TOO_LARGE: { title: 'The payload is larger than its limit', status: 413, fault: 'limit' },
  RATE_LIMITED: { title: 'Too many requests', status: 429, fault: 'limit' },
  FILTER_FAILED: { title: 'A filter that may not fail has failed', status: 422, fault: 'plugin' },
  CALL_REFUSED: { title: 'The call of another plugin is not allowed or cannot be sent', status: 403, fault: 'plugin' },
  CALL_TOO_LARGE: { title: 'The body for another plugin is larger than its limit', status: 413, fault: 'limit' },
  SECRET_NOT_SET: { title: 'A secret that the request refers to has no value', status: 409, fault: 'policy' },
  SECRET_BOUND: { title: 'A secret that is bound to hosts is not shown to code', status: 403, fault: 'policy' },
  SECRET_HOST_NOT_ALLOWED: { title: 'A secret may not be sent to this host', status: 403, fault: 'policy' },
  SECRET_REF_INVALID: { title: 'A reference to a secret is where Annex replaces none', status: 422, fault: 'plugin' },
  SECRET_REF_LIMIT: { title: 'A request refers to secrets too often', status: 413, fault: 'limit' },
  ANALYTICS_LIMIT: { title: 'A limit of analytics was reached', status: 429, fault: 'limit' },
  FILE_CALL_LIMIT: { title: 'The bytes of one ctx.files call are more than its limit', status: 413, fault: 'limit' },
  AGENT_UNKNOWN: { title: 'The package has no such agent', status: 404, fault: 'plugin' },
  WEBHOOK_UNKNOWN: { title: 'The package has no such webhook', status: 404, fault: 'plugin' },
  TEMPLATES_TOO_LARGE: { title: 'The templates of a package are larger than their limit', status: 413, fault: 'limit' },
  STOPPED: { title: 'This process is shutting down', status: 503, fault: 'platform' },
});
