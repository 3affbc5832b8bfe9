import { describe, expect, it } from 'vitest';
import { isProven } from './inbound-proof.js';

const graph = (body: string): boolean =>
  isProven({
    preset: 'microsoft-graph',
    secret: 'S',
    request: { method: 'POST', url: 'https://annex.example/', query: {}, headers: {}, body: Buffer.from(body) },
    header: null,
    toleranceS: 300,
    url: '',
    form: undefined,
    nowMs: 0,
  });

describe('a body that brings its own secret', () => {
  it('is believed, unless its shape is more than anybody needs to send before being believed', () => {
    expect(graph('{"value":[{"clientState":"S"}]}')).toBe(true);
    expect(graph('{"value":[{"clientState":"S","x":' + '['.repeat(200) + ']'.repeat(200) + '}]}')).toBe(false);
    expect(graph('{"value":[{"clientState":"S","x":[' + '[],'.repeat(60_000) + '0]}]}')).toBe(false);
    expect(graph('{"value":[{"clientState":"S"}]')).toBe(false);
  });
});
