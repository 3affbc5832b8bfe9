import { isJsonObject, type Json } from '@annex/kernel';
import type { RunPolicy } from './sql/enqueue-run.js';
import type { OverlapPolicy } from '@annex/scheduling';

/**
 * What a job's entry in the manifest says about its runs. The manifest was checked at upload; whatever is missing or
 * odd is left out.
 */
export interface JobTerms {
  overlap: OverlapPolicy;
  policy: RunPolicy;
}

/** Reads one entry of the `jobs` of a manifest as releases keep it (libs/manifest's `ManifestJob`). */
export function jobTerms(job: Json | undefined): JobTerms {
  const entry = isJsonObject(job) ? job : {};
  const retry = isJsonObject(entry['retry']) ? entry['retry'] : {};
  const policy: RunPolicy = {};
  if (typeof entry['timeoutMs'] === 'number') policy.timeoutMs = entry['timeoutMs'];
  const asked: NonNullable<RunPolicy['retry']> = {};
  if (typeof retry['maxAttempts'] === 'number') asked.maxAttempts = retry['maxAttempts'];
  if (retry['backoff'] === 'exponential' || retry['backoff'] === 'fixed') asked.backoff = retry['backoff'];
  if (typeof retry['initialDelayS'] === 'number') asked.initialDelayS = retry['initialDelayS'];
  if (typeof retry['maxDelayS'] === 'number') asked.maxDelayS = retry['maxDelayS'];
  if (Object.keys(asked).length > 0) policy.retry = asked;
  const overlap = entry['overlap'];
  return { overlap: overlap === 'queue' || overlap === 'allow' || overlap === 'replace' ? overlap : 'skip', policy };
}

/** The name of an entry of the manifest's `jobs`. */
export function jobName(job: Json): string | undefined {
  const name = isJsonObject(job) ? job['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
