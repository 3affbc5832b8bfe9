/**
 * How a run can end without success, and what follows: whose fault it is, what a route's caller gets, whether
 * background work is tried again, who is told. One table decides all four, so they cannot contradict one another.
 */
import { defineErrors, type ErrorKind, type Fault } from '@annex/kernel';

/**
 * What to do about a failed attempt of background work.
 * `policy`: try again as the plugin's retry policy says. `asked`: try again when the plugin asked to. `platform`: try
 * again without asking; not counted as an attempt of the plugin, with a cap of its own. `park`: keep it until the
 * plugin runs again. `never`: it ends here.
 */
export type RetryRule = 'policy' | 'asked' | 'platform' | 'park' | 'never';

/**
 * Who is told. `plugin`: counts against the plugin's health, its owner sees it. `operator`: counts as an incident of
 * the platform.
 */
export type Alert = 'none' | 'plugin' | 'operator';

/** What follows from one outcome code. `status` answers a route's caller. */
export interface OutcomeRule extends ErrorKind {
  retry: RetryRule;
  alert: Alert;
}

const rules = {
  PLUGIN_ERROR: { title: 'The handler threw an error', status: 422, fault: 'plugin', retry: 'policy', alert: 'plugin' },
  NON_RETRYABLE: {
    title: 'The handler threw an error and asked not to be tried again',
    status: 422,
    fault: 'plugin',
    retry: 'never',
    alert: 'plugin',
  },
  RETRY_AFTER: {
    title: 'The handler asked to be tried again later',
    status: 422,
    fault: 'plugin',
    retry: 'asked',
    alert: 'none',
  },
  HANDLER_MISSING: {
    title: 'The active release has no handler for this',
    status: 422,
    fault: 'plugin',
    retry: 'never',
    alert: 'plugin',
  },

  SOURCE_REFUSED: {
    title: 'What the source returned cannot be taken',
    status: 422,
    fault: 'plugin',
    retry: 'policy',
    alert: 'plugin',
  },
  SOURCE_MOVED: {
    title: 'The source was moved or stopped meanwhile',
    status: 409,
    fault: 'policy',
    retry: 'platform',
    alert: 'none',
  },
  SOURCE_PAUSED: { title: 'The source is paused', status: 409, fault: 'policy', retry: 'never', alert: 'none' },

  TIMEOUT: { title: 'The handler ran out of time', status: 504, fault: 'limit', retry: 'policy', alert: 'plugin' },
  CPU_LIMIT: {
    title: 'The handler used more processor time than its limit',
    status: 504,
    fault: 'limit',
    retry: 'policy',
    alert: 'plugin',
  },
  MEMORY_LIMIT: {
    title: 'The handler used more memory than its limit',
    status: 422,
    fault: 'limit',
    retry: 'policy',
    alert: 'plugin',
  },
  OUTPUT_LIMIT: {
    title: 'The result is larger than its limit',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  LOG_LIMIT: {
    title: 'The run logged more than its limit',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  HTTP_LIMIT: {
    title: 'An outbound HTTP limit was reached',
    status: 422,
    fault: 'limit',
    retry: 'policy',
    alert: 'plugin',
  },
  EMIT_DEPTH: {
    title: 'Events caused events too many levels deep',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  CALL_DEPTH: {
    title: 'Plugins called plugins too many levels deep',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  CALL_CYCLE: {
    title: 'Plugins called each other in a circle',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  CRASH_LOOP: {
    title: 'The run was started too often without ending',
    status: 422,
    fault: 'limit',
    retry: 'never',
    alert: 'plugin',
  },
  QUEUE_FULL: {
    title: 'The tenant has too much work waiting',
    status: 429,
    fault: 'limit',
    retry: 'platform',
    alert: 'none',
  },
  QUOTA_EXCEEDED: {
    title: 'The tenant has used up a quota',
    status: 413,
    fault: 'limit',
    retry: 'policy',
    alert: 'none',
  },
  RATE_LIMITED: {
    title: 'Too many requests',
    status: 429,
    fault: 'limit',
    retry: 'policy',
    alert: 'none',
  },

  PAYLOAD_TOO_LARGE: {
    title: 'The payload is larger than its limit',
    status: 413,
    fault: 'caller',
    retry: 'never',
    alert: 'none',
  },
  CANCELLED: { title: 'The run was cancelled', status: 409, fault: 'caller', retry: 'never', alert: 'none' },

  PERMISSION_DENIED: {
    title: 'The plugin was not granted what it tried to use',
    status: 422,
    fault: 'policy',
    retry: 'never',
    alert: 'plugin',
  },
  PLUGIN_DISABLED: { title: 'The plugin is not enabled', status: 409, fault: 'policy', retry: 'park', alert: 'none' },
  PLUGIN_SUSPENDED: { title: 'The plugin is suspended', status: 409, fault: 'policy', retry: 'park', alert: 'plugin' },

  // A plugin's webhook goes to somebody else's machine: what that does is counted there, not against the plugin.
  DELIVERY_FAILED: {
    title: 'The endpoint did not accept the delivery',
    status: 502,
    fault: 'plugin',
    retry: 'asked',
    alert: 'none',
  },
  DELIVERY_INVALID: {
    title: 'The delivery cannot be sent as the webhook says',
    status: 422,
    fault: 'plugin',
    retry: 'policy',
    alert: 'none',
  },
  WEBHOOK_GONE: {
    title: 'The endpoint answered that it is gone',
    status: 410,
    fault: 'plugin',
    retry: 'never',
    alert: 'none',
  },
  WEBHOOK_DISABLED: { title: 'The webhook is disabled', status: 409, fault: 'policy', retry: 'never', alert: 'none' },
  DELIVERY_FILTERED: {
    title: 'The transform sends nothing for this event',
    status: 409,
    fault: 'policy',
    retry: 'never',
    alert: 'none',
  },

  AGENT_FAILED: {
    title: 'The agent did not do what it was asked',
    status: 502,
    fault: 'plugin',
    retry: 'never',
    alert: 'none',
  },
  AGENT_TIMEOUT: { title: 'The agent took too long', status: 504, fault: 'plugin', retry: 'never', alert: 'none' },
  AGENT_APPROVAL_EXPIRED: {
    title: 'Nobody said yes to the question in time',
    status: 409,
    fault: 'policy',
    retry: 'never',
    alert: 'none',
  },
  AGENT_REJECTED: {
    title: 'Somebody said no to the question',
    status: 409,
    fault: 'policy',
    retry: 'never',
    alert: 'none',
  },

  EXECUTOR_LOST: {
    title: 'The process that ran the handler ended',
    status: 502,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
  OVERLOADED: {
    title: 'The server is busy',
    status: 503,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
  STORAGE_UNAVAILABLE: {
    title: 'The file store cannot be used at the moment',
    status: 503,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
  LLM_UNAVAILABLE: {
    title: 'The language model endpoint cannot be used at the moment',
    status: 503,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
  MAIL_UNAVAILABLE: {
    title: 'The mail server cannot be used at the moment',
    status: 503,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
  PLATFORM_ERROR: {
    title: 'Something in the platform failed',
    status: 500,
    fault: 'platform',
    retry: 'platform',
    alert: 'operator',
  },
} as const satisfies Record<string, OutcomeRule>;

/** The code with which an attempt failed. */
export type OutcomeCode = keyof typeof rules;

/** The whole table. Exhaustive by construction: a code exists only with its rule. */
export const outcomes: Readonly<Record<OutcomeCode, OutcomeRule>> = rules;

/** Every code, in the order of the table. */
export const outcomeCodes = Object.keys(rules) as OutcomeCode[];

/** These codes as errors, so that a caller of a route gets them as `application/problem+json`. */
export const outcomeErrors = defineErrors<OutcomeCode>(
  'run',
  Object.fromEntries(
    outcomeCodes.map((code) => [
      code,
      { title: rules[code].title, status: rules[code].status, fault: rules[code].fault },
    ]),
  ) as Record<OutcomeCode, ErrorKind>,
);

/** Whether a text is a code of the table. */
export function isOutcomeCode(code: string): code is OutcomeCode {
  return Object.hasOwn(rules, code);
}

/** The rule of any code: one that is not in the table is a fault of the platform, because nobody decided about it. */
export function outcomeOf(code: string): OutcomeRule {
  return isOutcomeCode(code) ? outcomes[code] : outcomes.PLATFORM_ERROR;
}

/**
 * Whether a failure with this code counts against the plugin (degrade, then disable). Faults of the platform and of
 * callers never do.
 */
export function countsAgainstPlugin(code: string): boolean {
  return outcomeOf(code).alert === 'plugin' && outcomeOf(code).fault !== 'policy';
}

/** The codes of one fault. */
export function codesOf(fault: Fault): OutcomeCode[] {
  return outcomeCodes.filter((code) => outcomes[code].fault === fault);
}
