import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './status.module.css';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

const tones: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  resolved: 'good',
  enabled: 'good',
  healthy: 'good',
  open: 'busy',
  accepted: 'good',
  sent: 'good',
  done: 'good',
  ready: 'good',
  failed: 'bad',
  unhealthy: 'bad',
  suspended: 'bad',
  blocked: 'bad',
  unavailable: 'bad',
  error: 'bad',
  critical: 'bad',
  firing: 'bad',
  rejected: 'bad',
  retrying: 'warn',
  degraded: 'warn',
  warning: 'warn',
  warn: 'warn',
  expired: 'warn',
  kept: 'warn',
  running: 'busy',
  starting: 'busy',
  uninstalling: 'busy',
  sending: 'busy',
  info: 'busy',
};

export function toneOf(status: string): Tone {
  return tones[status] ?? 'quiet';
}

const moving = new Set(['running', 'starting', 'uninstalling', 'sending']);

/** A state as a dot and a word: the colour alone says nothing. */
export function Status({ of, tone, label }: { of: string; tone?: Tone; label?: string }): ReactNode {
  const shown = tone ?? toneOf(of);
  return (
    <span className={classes.status} data-tone={shown}>
      {moving.has(of) ? (
        <Loader size={10} color="var(--annex-busy-dot)" aria-hidden />
      ) : (
        <span className={classes.dot} aria-hidden />
      )}
      <span className="status-label">{label ?? of}</span>
    </span>
  );
}

/** A short word in a frame: a kind, a role, a version. */
export function Tag({ children, tone = 'quiet' }: { children: ReactNode; tone?: Tone }): ReactNode {
  return (
    <span className={classes.tag} data-tone={tone}>
      {children}
    </span>
  );
}
