import { expect, it } from 'vitest';
import { originFault } from './origin.js';

it.each([
  'https://app.example.com/',
  'https://app.example.com/x',
  'app.example.com',
  'https://*',
  'https://a.*.example',
  'null',
  'https://u@app.example.com',
  '',
])('%j is no origin', (origin) => {
  expect(originFault(origin)).toMatch(/must be an origin/);
});
it.each(['https://app.example.com', 'http://localhost:5173', 'https://*.example.com', 'https://*.example.com:8443'])(
  '%s is an origin',
  (origin) => expect(originFault(origin)).toBeUndefined(),
);
