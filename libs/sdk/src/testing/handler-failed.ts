import type { NextAttempt } from '@annex/runs';

/**
 * A handler that did not end well: what the run would show, and what the platform would do next.
 * @example
 * const failed = await (await openPlugin('.')).job('sync').catch((thrown: HandlerFailed) => thrown)
 * if (failed instanceof HandlerFailed) console.log(failed.code, failed.next)
 */
export class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';

  constructor(
    /**
     * As the run shows it: `PLUGIN_ERROR`, `NON_RETRYABLE`, `RETRY_AFTER`, `TIMEOUT`, `PERMISSION_DENIED` …
     * (docs/errors.md).
     */
    readonly code: string,
    message: string,
    /** The handler, such as `event build.*` or `route GET /reports`. */
    readonly handler: string,
    /**
     * Retry after a delay, wait until the plugin is enabled, or end as a dead letter. The delay's random spread is left
     * out.
     */
    readonly next: NextAttempt,
    /** The stack inside the sandbox, if there was an error that had one. */
    pluginStack: string | undefined,
  ) {
    super(message);
    if (pluginStack) this.stack = `${this.name} [${code}] in ${handler}: ${message}\n${pluginStack}`;
  }
}
