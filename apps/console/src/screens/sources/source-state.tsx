import type { Source } from '@annex/client';
import type { ReactNode } from 'react';
import { Status, type Tone } from '../../parts/status';
import { lengthOf } from '../../parts/when';

const tones: Readonly<Record<Source['state'], Tone>> = {
  starting: 'quiet',
  running: 'good',
  backoff: 'warn',
  failed: 'bad',
  paused: 'quiet',
};

/** How a source does. One that nothing came of yet may stay so for long: nothing turns. */
export function SourceState({ of }: { of: Source['state'] }): ReactNode {
  return <Status of={`source-${of}`} tone={tones[of]} label={of} />;
}

/** How long ago something was taken. */
export function lagText({ lag_s: seconds }: Source): string {
  return seconds === null ? 'never' : `${lengthOf(seconds * 1000)} ago`;
}

/** Where others send to, in full. */
export function addressOf({ path }: Source): string | undefined {
  return path === null ? undefined : `${location.origin}${path}`;
}
