import { describe, expect, it } from 'vitest';
import { isInert } from './answer.js';

describe('what a plugin answers to a browser', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'image/png',
    'video/mp4',
    'application/pdf',
  ])('%s runs nothing', (type) => {
    expect(isInert(type)).toBe(true);
  });

  it.each([
    'text/html',
    'TEXT/HTML',
    'image/svg+xml',
    'application/rss+xml',
    'application/x+xml',
    'text/xml',
    'application/json, text/html',
    'text/plain;a=b,text/html',
    'x/y',
    '',
  ])('%s may run script, so it gets an origin of its own', (type) => {
    expect(isInert(type)).toBe(false);
  });
});
