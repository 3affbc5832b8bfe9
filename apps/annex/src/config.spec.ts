import { describe, expect, it } from 'vitest';
import { InvalidSettings, readSettings } from './config.js';

function problems(environment: Record<string, string>): string[] {
  try {
    readSettings(environment);
    return [];
  } catch (thrown) {
    if (thrown instanceof InvalidSettings) return thrown.problems;
    throw thrown;
  }
}

describe('settings', () => {
  it('believe no proxy until it is named by its address', () => {
    expect(readSettings({}).trustProxy).toEqual([]);
    expect(readSettings({ ANNEX_TRUST_PROXY: '10.0.0.5, 172.16.0.0/12 ::1 loopback' }).trustProxy).toEqual(['10.0.0.5', '172.16.0.0/12', '::1', 'loopback']);
    for (const bad of ['true', 'proxy.local', '10.0.0.0/33', '1.2.3.4/8/8', '*']) expect(problems({ ANNEX_TRUST_PROXY: bad })).toEqual([expect.stringContaining('ANNEX_TRUST_PROXY')]);
  });

  it('are judged together, every problem in a line of its own', () => {
    expect(problems({ PORT: 'x', ANNEX_MASTER_KEY: 'short', LOG_LEVEL: 'loud' })).toEqual([expect.stringContaining('PORT'), expect.stringContaining('ANNEX_MASTER_KEY'), expect.stringContaining('LOG_LEVEL')]);
    expect(problems({ NODE_ENV: 'production' })).toHaveLength(4);
  });
});
