import { describe, expect, it } from 'vitest';
import { requireSupportedNode } from './node-version.js';

describe('plugin code', () => {
  it.each(['26.0.0', '26.10.0', '27.1.0', '30.0.0'])('may run on Node %s', (version) => {
    expect(() => requireSupportedNode(version)).not.toThrow();
  });

  it.each(['20.11.1', '24.9.0', '25.9.9', ''])('may not run on Node %j', (version) => {
    expect(() => requireSupportedNode(version)).toThrow(expect.objectContaining({ code: 'NODE_TOO_OLD' }) as Error);
  });

  it('may run on the Node of this project', () => {
    expect(() => requireSupportedNode()).not.toThrow();
  });
});
