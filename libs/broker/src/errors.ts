import { defineErrors } from '@annex/kernel';

/** With what a host call fails before or beside its handler. */
export const brokerErrors = defineErrors('broker', {
  RUN_ENDED: { title: 'The run has ended', status: 409, fault: 'plugin' },
  UNKNOWN_HOST_CALL: { title: 'There is no such host call', status: 400, fault: 'plugin' },
  INVALID_ARGUMENTS: { title: 'A host call has wrong arguments', status: 400, fault: 'plugin' },
  PAYLOAD_TOO_LARGE: { title: 'The payload is larger than its limit', status: 413, fault: 'limit' },
  RESULT_TOO_LARGE: { title: 'The answer is larger than its limit', status: 413, fault: 'limit' },
  PERMISSION_DENIED: { title: 'The plugin was not granted what it tried to use', status: 403, fault: 'policy' },
  HTTP_LIMIT: { title: 'An outbound HTTP limit was reached', status: 429, fault: 'limit' },
  RATE_LIMITED: { title: 'Too many requests', status: 429, fault: 'limit' },
  PLATFORM_ERROR: { title: 'Something in the platform failed', status: 500, fault: 'platform' },
});
