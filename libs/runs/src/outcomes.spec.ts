import { describe, expect, it } from 'vitest';
import { codesOf, countsAgainstPlugin, outcomeCodes, outcomeErrors, outcomeOf, outcomes } from './outcomes.js';

describe('outcomes', () => {
  it('answer a route with the statuses of the contract', () => {
    const statuses = {
      PLUGIN_ERROR: 422,
      EXECUTOR_LOST: 502,
      OVERLOADED: 503,
      TIMEOUT: 504,
      PLUGIN_DISABLED: 409,
      PAYLOAD_TOO_LARGE: 413,
      RATE_LIMITED: 429,
      QUEUE_FULL: 429,
    };
    for (const [code, status] of Object.entries(statuses)) expect(outcomeOf(code).status, code).toBe(status);
  });

  it('name every limit of the contract', () => {
    const limits = [
      'TIMEOUT',
      'CPU_LIMIT',
      'MEMORY_LIMIT',
      'OUTPUT_LIMIT',
      'LOG_LIMIT',
      'HTTP_LIMIT',
      'QUEUE_FULL',
      'RATE_LIMITED',
      'EMIT_DEPTH',
    ];
    expect(codesOf('limit')).toEqual(expect.arrayContaining(limits));
  });

  it('are repeated without asking when the platform is at fault, and then tell the operator', () => {
    for (const code of codesOf('platform'))
      expect(outcomes[code], code).toMatchObject({ retry: 'platform', alert: 'operator' });
  });

  it('count against the plugin only when it or its limits are at fault', () => {
    for (const code of outcomeCodes) {
      if (countsAgainstPlugin(code)) expect(['plugin', 'limit'], code).toContain(outcomes[code].fault);
    }
    expect(countsAgainstPlugin('PLUGIN_ERROR')).toBe(true);
    for (const code of ['EXECUTOR_LOST', 'CANCELLED', 'QUEUE_FULL', 'PERMISSION_DENIED', 'RETRY_AFTER', 'no such code'])
      expect(countsAgainstPlugin(code), code).toBe(false);
  });

  it('are a fault of the platform when nobody decided about their code', () => {
    for (const code of ['', 'constructor', '__proto__', 'ECONNRESET'])
      expect(outcomeOf(code)).toBe(outcomes.PLATFORM_ERROR);
  });

  it('are errors that a caller can be answered with', () => {
    expect(outcomeErrors.error('TIMEOUT', 'It took 5001 ms; the limit is 5000.')).toMatchObject({
      code: 'TIMEOUT',
      kind: { status: 504, fault: 'limit' },
    });
  });
});
