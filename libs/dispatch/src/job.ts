import { isJsonObject, type Json } from '@annex/kernel';
import type { RunPolicy } from '@annex/persistence';
import type { OverlapPolicy } from '@annex/scheduling';

/** What a job's entry in the manifest says about its runs. The manifest was checked at upload; whatever is missing or odd is left out. */
export interface JobTerms {
  overlap: OverlapPolicy;
  policy: RunPolicy;
}

/** Reads one entry of the manifest's `jobs`, in its wire form. */
export function jobTerms(job: Json | undefined): JobTerms {
  const entry = isJsonObject(job) ? job : {};
  const retry = isJsonObject(entry['retry']) ? entry['retry'] : {};
  const policy: RunPolicy = {};
  if (typeof entry['timeout_ms'] === 'number') policy.timeoutMs = entry['timeout_ms'];
  const asked: NonNullable<RunPolicy['retry']> = {};
  if (typeof retry['max_attempts'] === 'number') asked.maxAttempts = retry['max_attempts'];
  if (retry['backoff'] === 'exponential' || retry['backoff'] === 'fixed') asked.backoff = retry['backoff'];
  if (typeof retry['initial_delay_s'] === 'number') asked.initialDelayS = retry['initial_delay_s'];
  if (typeof retry['max_delay_s'] === 'number') asked.maxDelayS = retry['max_delay_s'];
  if (Object.keys(asked).length > 0) policy.retry = asked;
  const overlap = entry['overlap'];
  return { overlap: overlap === 'queue' || overlap === 'allow' || overlap === 'replace' ? overlap : 'skip', policy };
}

/** The name of an entry of the manifest's `jobs`. */
export function jobName(job: Json): string | undefined {
  const name = isJsonObject(job) ? job['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
