import { HOUR, MINUTE, SECOND } from '@annex/kernel';

/** What people are told when something needs them. */
export const noticeLimits = {
  /** Rules that a tenant may have. */
  rules: 20,
  /** Addresses of one rule. */
  recipients: 10,
  /** Runs of a plugin that fail for good in a row before a rule tells of it, where it says nothing else. */
  failures: 3,
  /** Messages of one rule within an hour, where it says nothing else. */
  perHour: 10,
  /** The most that a rule may ask for. */
  mostPerHour: 60,
  /** Changes that wait together and still go out each in a message of its own; more become one digest. */
  alone: 3,
  /** Changes that one digest holds; the others are counted in it. */
  perMessage: 100,
  /** How often it is looked what stands, where `ANNEX_NOTICES_LOOK_S` says nothing else. */
  lookMs: 30 * SECOND,
  /** How long a job whose tick did not run is told of. */
  missedMs: HOUR,
  /** How long a broken connection of a source may take nothing before it is told of. */
  sourceMs: 5 * MINUTE,
  /** The time in which a message is taken. */
  sendMs: 15 * SECOND,
  /** Messages that one worker sends at once. */
  atOnce: 16,
  /** The pause after the first attempt that failed; it doubles each time. */
  firstPauseMs: 30 * SECOND,
  /** The longest such pause. */
  longestPauseMs: HOUR,
  /** Attempts to send one message, about a day; then it is given up and shown as failed. */
  attempts: 30,
} as const;
