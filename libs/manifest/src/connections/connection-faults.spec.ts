import type { Json } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { connectionFaults, isAddressSecret } from './connection-faults.js';

type Given = Record<string, Json>;
const faults = (type: string, given: Given, options?: { isFilled: boolean }): string[] =>
  connectionFaults(type, given, options).map(({ pointer, code }) => `${pointer} ${code}`);

describe('what a source of type postgres is told', () => {
  it('is judged with every fault, and a placeholder once it is filled in', () => {
    expect(faults('postgres', { url: '${SECRET:PG}', slot: '${CONFIG:slot:-annex}' })).toEqual([]);
    expect(faults('postgres', {})).toEqual(['/url REQUIRED']);
    expect(faults('postgres', { url: 'postgres://u:p@h/d', slot: `a'; drop`, publication: 'A', more: 1 })).toEqual([
      '/more UNKNOWN_KEY',
      '/url SECRET',
      '/publication FORMAT',
      '/slot FORMAT',
    ]);
  });

  it.each([
    'http://u:p@h/d',
    'postgres://h/d',
    'postgres://u@h/d',
    'postgres://u:p@h',
    'postgres://u:p@h/d?sslrootcert=/etc/passwd',
    'postgres://u:p@h/d?host=/tmp',
    'postgres://u:p@h/d?sslmode=prefer',
  ])('is refused when nothing outside the address would be missing: %s', (url) => {
    expect(faults('postgres', { url }, { isFilled: true })).toEqual(['/url FORMAT']);
  });
});

describe('what a source of type mqtt is told', () => {
  const whole = { url: 'mqtts://broker:8883', topics: ['a/+/b', '$share/g/c/#'] };

  it('is judged member by member', () => {
    expect(faults('mqtt', whole)).toEqual([]);
    expect(faults('mqtt', {})).toEqual(['/url REQUIRED', '/topics REQUIRED']);
    expect(
      faults('mqtt', {
        url: 'mqtt://u:p@h',
        topics: ['a#', 'b/#/c', '$share/x'],
        password: 'plain',
        qos: 2,
        will: { topic: 'a/+', retain: 'yes' },
        cert: 'x',
      }),
    ).toEqual([
      '/url FORMAT',
      '/topics/0 FORMAT',
      '/topics/1 FORMAT',
      '/topics/2 FORMAT',
      '/password SECRET',
      '/qos RANGE',
      '/will/topic FORMAT',
      '/will/retain TYPE',
      '/cert FORMAT',
      '/key REQUIRED',
      '/username REQUIRED',
    ]);
  });

  it('leads where the tenant says, when a secret alone says where', () => {
    expect(isAddressSecret('mqtt', { ...whole, url: '${SECRET:BROKER}' })).toBe(true);
    expect(isAddressSecret('mqtt', { ...whole, url: 'mqtt://${SECRET:HOST}' })).toBe(false);
    expect(isAddressSecret('alertmanager', {})).toBe(false);
  });
});
