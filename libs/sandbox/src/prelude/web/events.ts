import { DateNow, ObjectDefineProperty, apply } from './primordials.js';
import { DOMException } from './dom-exception.js';
import {
  defineConstants,
  finishInterface,
  isObject,
  requireArguments,
  setName,
  toDictionary,
  toDomString,
} from './webidl.js';

/** Called with what a listener threw; nothing a listener does may escape `dispatchEvent`. */
let reportListenerError: (error: unknown) => void = () => undefined;

/** Sets where errors of listeners go. */
export function setListenerErrorReporter(report: (error: unknown) => void): void {
  reportListenerError = report;
}

/** Marks an event as dispatched by the platform. */
export let trustEvent: (event: Event) => void;
let isTrusted: { get(this: Event): boolean; enumerable: true };
let dispatch: (event: Event, target: EventTarget) => boolean;

/** DOM §2.2. There is no tree here, so the path of an event is its target. */
export class Event {
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  #composed: boolean;
  #target: EventTarget | null = null;
  #current: EventTarget | null = null;
  #phase = 0;
  #dispatching = false;
  #initialized = true;
  #stopped = false;
  #stoppedNow = false;
  #canceled = false;
  #passive = false;
  #trusted = false;
  #time = DateNow();
  declare readonly isTrusted: boolean;

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'Event');
    ObjectDefineProperty(this, 'isTrusted', isTrusted);
    this.#type = toDomString(type);
    const options = toDictionary(init, 'Event init');
    this.#bubbles = Boolean(options['bubbles']);
    this.#cancelable = Boolean(options['cancelable']);
    this.#composed = Boolean(options['composed']);
  }

  get type(): string {
    return this.#type;
  }
  get target(): EventTarget | null {
    return this.#target;
  }
  get srcElement(): EventTarget | null {
    return this.#target;
  }
  get currentTarget(): EventTarget | null {
    return this.#current;
  }
  get eventPhase(): number {
    return this.#phase;
  }
  get bubbles(): boolean {
    return this.#bubbles;
  }
  get cancelable(): boolean {
    return this.#cancelable;
  }
  get composed(): boolean {
    return this.#composed;
  }
  get defaultPrevented(): boolean {
    return this.#canceled;
  }
  get timeStamp(): number {
    return this.#time;
  }
  get returnValue(): boolean {
    return !this.#canceled;
  }
  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }
  get cancelBubble(): boolean {
    return this.#stopped;
  }
  set cancelBubble(value: boolean) {
    if (value) this.#stopped = true;
  }

  composedPath(): EventTarget[] {
    return this.#current === null ? [] : [this.#current];
  }

  stopPropagation(): void {
    this.#stopped = true;
  }

  stopImmediatePropagation(): void {
    this.#stopped = true;
    this.#stoppedNow = true;
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#passive) this.#canceled = true;
  }

  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    requireArguments(arguments.length, 1, 'initEvent');
    if (this.#dispatching) return;
    this.#initialized = true;
    this.#stopped = this.#stoppedNow = this.#canceled = this.#trusted = false;
    this.#target = null;
    this.#type = toDomString(type);
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }

  static {
    // [LegacyUnforgeable]: every event has it as a property of its own, with the same getter.
    isTrusted = {
      get(this: Event): boolean {
        return this.#trusted;
      },
      enumerable: true,
    };
    setName(isTrusted.get, 'get isTrusted');
    trustEvent = (event) => {
      event.#trusted = true;
    };
    dispatch = (event, target) => {
      if (event.#dispatching || !event.#initialized)
        throw new DOMException('The event is already being dispatched', 'InvalidStateError');
      event.#dispatching = true;
      event.#target = event.#current = target;
      event.#phase = 2;
      try {
        const listeners = listenersOf(target);
        // Capturing listeners come first even at the target; those added meanwhile wait for the next event.
        for (const capture of [true, false]) {
          for (const listener of [...listeners]) {
            if (listener.removed || listener.capture !== capture || listener.type !== event.#type) continue;
            if (event.#stoppedNow || (!capture && event.#stopped)) break;
            if (listener.once) removeListener(listeners, listener);
            event.#passive = listener.passive;
            call(listener.callback, target, event);
            event.#passive = false;
          }
        }
      } finally {
        event.#phase = 0;
        event.#current = null;
        event.#dispatching = event.#stopped = event.#stoppedNow = false;
      }
      return !event.#canceled;
    };
  }
}
finishInterface(Event, 'Event', { constructor: 1 });
defineConstants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });

function call(callback: Listener['callback'], target: EventTarget, event: Event): void {
  try {
    if (typeof callback === 'function') {
      apply(callback, target, [event]);
      return;
    }
    const handler: unknown = callback.handleEvent;
    if (typeof handler !== 'function') throw new TypeError('The event listener has no handleEvent method');
    apply(handler as (event: Event) => void, callback, [event]);
  } catch (error) {
    reportListenerError(error);
  }
}

/** DOM §2.4. */
export class CustomEvent extends Event {
  #detail: unknown;

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'CustomEvent');
    super(type, init);
    const detail = toDictionary(init, 'CustomEvent init')['detail'];
    this.#detail = detail === undefined ? null : detail;
  }

  get detail(): unknown {
    return this.#detail;
  }

  initCustomEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false, detail: unknown = null): void {
    requireArguments(arguments.length, 1, 'initCustomEvent');
    if (this.currentTarget !== null) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}
finishInterface(CustomEvent, 'CustomEvent', { constructor: 1 });

type EventCallback = ((this: EventTarget, event: Event) => void) | { handleEvent(event: Event): void };

interface Listener {
  type: string;
  callback: EventCallback;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

/** A signal as `addEventListener` needs it; abort.ts fills this in, because signals are themselves event targets. */
export const signalPort = {
  isSignal: (_value: unknown): boolean => false,
  isAborted: (_signal: object): boolean => false,
  onAbort: (_signal: object, _algorithm: () => void): void => undefined,
};

let listenersOf: (target: EventTarget) => Listener[];
/** True for an EventTarget, whatever its prototype. */
export let isEventTarget: (value: object) => boolean;

function removeListener(listeners: Listener[], listener: Listener): void {
  listener.removed = true;
  const index = listeners.indexOf(listener);
  if (index >= 0) listeners.splice(index, 1);
}

/** DOM §2.7. */
export class EventTarget {
  #listeners: Listener[] = [];

  addEventListener(type: unknown, callback: EventCallback | null, options?: unknown): void {
    requireArguments(arguments.length, 2, 'addEventListener');
    const name = toDomString(type);
    const flags = isObject(options) ? (options as Record<string, unknown>) : undefined;
    const capture = Boolean(flags === undefined ? options : flags['capture']);
    const once = Boolean(flags?.['once']);
    const passive = Boolean(flags?.['passive']);
    const signal = flags?.['signal'];
    if (signal !== undefined && !signalPort.isSignal(signal))
      throw new TypeError('addEventListener: signal must be an AbortSignal');
    if (callback === null || callback === undefined) return;
    if (!isObject(callback)) throw new TypeError('addEventListener: the listener must be a function or an object');
    if (signal !== undefined && signalPort.isAborted(signal as object)) return;
    const listeners = this.#listeners;
    if (listeners.some((l) => l.type === name && l.callback === callback && l.capture === capture)) return;
    const listener: Listener = { type: name, callback, capture, once, passive, removed: false };
    listeners.push(listener);
    if (signal !== undefined)
      signalPort.onAbort(signal as object, () => {
        removeListener(listeners, listener);
      });
  }

  removeEventListener(type: unknown, callback: EventCallback | null, options?: unknown): void {
    requireArguments(arguments.length, 2, 'removeEventListener');
    const name = toDomString(type);
    const capture = Boolean(isObject(options) ? (options as Record<string, unknown>)['capture'] : options);
    const listener = this.#listeners.find((l) => l.type === name && l.callback === callback && l.capture === capture);
    if (listener !== undefined) removeListener(this.#listeners, listener);
  }

  dispatchEvent(event: Event): boolean {
    requireArguments(arguments.length, 1, 'dispatchEvent');
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent: the argument must be an Event');
    if (!(#listeners in this)) throw new TypeError('dispatchEvent called on an object that is no EventTarget');
    return dispatch(event, this);
  }

  static {
    listenersOf = (target) => target.#listeners;
    isEventTarget = (value) => #listeners in value;
  }
}
finishInterface(EventTarget, 'EventTarget', { addEventListener: 2, removeEventListener: 2 });

/** Defines an `on…` attribute (HTML §8.1.8.1) on an interface. */
export function defineHandlerAttribute(prototype: EventTarget, type: string): void {
  const handlers = new WeakMap<EventTarget, { value: unknown }>();
  Object.defineProperty(prototype, `on${type}`, {
    get(this: EventTarget): unknown {
      listenersOf(this);
      return handlers.get(this)?.value ?? null;
    },
    set(this: EventTarget, value: unknown) {
      listenersOf(this);
      let held = handlers.get(this);
      if (held === undefined) {
        if (!isObject(value)) return;
        const created = { value: null as unknown };
        held = created;
        handlers.set(this, held);
        this.addEventListener(type, function handle(event) {
          if (typeof created.value !== 'function') return;
          if (apply(created.value as (this: EventTarget, event: Event) => unknown, this, [event]) === false)
            event.preventDefault();
        });
      }
      held.value = isObject(value) ? value : null;
    },
    enumerable: true,
    configurable: true,
  });
}
