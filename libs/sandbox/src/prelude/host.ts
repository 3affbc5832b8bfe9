/**
 * What the prelude may ask of the world outside the isolate. Strings and numbers only; every function is captured
 * before plugin code runs. A turn is one timed entry into the isolate (`invoke`, `deliver`, `fireTimer`); it belongs to
 * exactly one run, and all microtasks are drained before it ends. What a global (`console`, `fetch`, `setTimeout`,
 * `crypto.subtle`) does is billed to the run of the current turn.
 */
export interface PreludeHost {
  /**
   * Starts a host call of the current run (`http.request`, …); `argsJson` is a JSON array. Rejects with an Error that
   * carries `code`. `text`: a long one of the arguments, which stands apart from them.
   */
  hostCall(method: string, argsJson: string, text?: string): Promise<string>;
  /**
   * Starts a call that the executor answers itself, without the parent: `crypto.digest`, `crypto.sign`, … Same shape as
   * a host call.
   */
  executorCall(method: string, argsJson: string): Promise<string>;
  /** `bytes` (≤ 65536) random bytes, base64, at once. */
  randomBase64(bytes: number): string;
  /**
   * Asks for `fireTimer` after `delayMs`; answers nothing. Billed to the current run; forgotten when that run ends.
   * `isPlatforms`: not set by plugin code, so that nobody misses it.
   */
  startTimer(timerId: number, delayMs: number, isPlatforms: boolean): void;
  clearTimer(timerId: number): void;
  /** One captured log line of the current run. `fieldsJson` is a JSON object text, or the empty string for none. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fieldsJson: string): void;
  /**
   * The text of a script that is needed rarely, at once: `url`, `streams`, `idna` or `encodings` (built by
   * `libs/sandbox/web-bundle.mjs`), else ''. Its completion value is what the prelude uses; it is evaluated in the
   * isolate at most once.
   */
  lazySource(name: string): string;
}
