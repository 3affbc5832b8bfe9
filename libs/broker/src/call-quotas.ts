import type { Meter } from '@annex/host-api';
import type { RunLimits } from '@annex/limits';
import { brokerErrors } from './errors.js';

/** The part of a run's limits that counts host calls. */
export type BrokerQuotas = Pick<
  RunLimits,
  | 'hostCalls'
  | 'hostCallsAtOnce'
  | 'httpCalls'
  | 'httpCallsAtOnce'
  | 'emits'
  | 'jobStarts'
  | 'emails'
  | 'webhookSends'
  | 'llmCalls'
  | 'pluginCalls'
>;

const meterQuota = {
  http_calls: 'httpCalls',
  emits: 'emits',
  job_starts: 'jobStarts',
  emails: 'emails',
  webhook_sends: 'webhookSends',
  llm_calls: 'llmCalls',
  plugin_calls: 'pluginCalls',
} as const satisfies Record<Meter, keyof BrokerQuotas>;

const meterWords: Record<Meter, string> = {
  http_calls: 'outbound HTTP calls',
  emits: 'emitted events',
  job_starts: 'started jobs',
  emails: 'mails',
  webhook_sends: 'sent webhooks',
  llm_calls: 'language model calls',
  plugin_calls: 'calls of other plugins',
};

/** Counts one run's host calls against its quotas. */
export class Tally {
  hostCalls = 0;
  readonly #meters = new Map<Meter, number>();

  constructor(readonly quotas: BrokerQuotas) {}

  /** Counts a call of any kind. Throws `RATE_LIMITED` past the quota. */
  countCall(): void {
    if (this.hostCalls >= this.quotas.hostCalls) {
      throw brokerErrors.error(
        'RATE_LIMITED',
        `This run made ${this.quotas.hostCalls} host calls, which is its limit. Ask for more in one call, or split ` +
          'the work over several runs.',
      );
    }
    this.hostCalls += 1;
  }

  /** Counts a call against its own meter. Throws `HTTP_LIMIT` or `RATE_LIMITED` past the quota. */
  countMeter(meter: Meter): void {
    const used = this.used(meter);
    const max = this.quotas[meterQuota[meter]];
    if (used >= max) {
      throw brokerErrors.error(
        meter === 'http_calls' ? 'HTTP_LIMIT' : 'RATE_LIMITED',
        `This run made ${max} ${meterWords[meter]}, which is its limit. Split the work over several runs.`,
      );
    }
    this.#meters.set(meter, used + 1);
  }

  /** What was used of each quota that has a meter. */
  usedByQuota(): Record<(typeof meterQuota)[Meter], number> {
    const used: Partial<Record<(typeof meterQuota)[Meter], number>> = {};
    for (const meter of Object.keys(meterQuota) as Meter[]) used[meterQuota[meter]] = this.used(meter);
    return used as Record<(typeof meterQuota)[Meter], number>;
  }

  used(meter: Meter): number {
    return this.#meters.get(meter) ?? 0;
  }
}
