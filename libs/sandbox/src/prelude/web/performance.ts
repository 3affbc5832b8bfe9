import { DateNow } from './primordials.js';
import { EventTarget } from './events.js';
import { finishInterface } from './webidl.js';

const origin = DateNow();
let latest = 0;

/** High Resolution Time, at a resolution of 1 ms on purpose. */
export class Performance extends EventTarget {
  get timeOrigin(): number {
    return origin;
  }

  now(): number {
    const elapsed = DateNow() - origin;
    if (elapsed > latest) latest = elapsed;
    return latest;
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: origin };
  }
}
finishInterface(Performance, 'Performance');

/** What a script can know about where it runs. */
export class Navigator {
  get userAgent(): string {
    return 'Annex';
  }
  get language(): string {
    return 'en';
  }
  get languages(): readonly string[] {
    return LANGUAGES;
  }
  get hardwareConcurrency(): number {
    return 1;
  }
}
const LANGUAGES = Object.freeze(['en']);
finishInterface(Navigator, 'Navigator');
