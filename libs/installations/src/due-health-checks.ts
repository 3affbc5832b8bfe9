import type { Database } from '@annex/database';
import type { Id, Logger } from '@annex/kernel';
import type { HealthSaid } from './health.js';
import { takeDueChecks, untilNextCheckMs, type DueCheck } from './rows/plugin-checks.js';

export interface DueHealthChecksOptions {
  database: Pick<Database, 'platform'>;
  /** Runs the plugin's `health` handler. `undefined`: nothing was said of the plugin; it is asked again later. */
  check(due: DueCheck): Promise<HealthSaid | undefined>;
  /** Writes down what was said, and does what follows. */
  record(due: DueCheck, said: HealthSaid): Promise<void>;
  logger: Logger;
}

/**
 * Asks plugins for their health as their manifests want it (`health.interval_s`). Fits dispatch's `HealthChecks`, which
 * says when and how many at once.
 */
export class DueHealthChecks {
  constructor(private readonly options: DueHealthChecksOptions) {}

  /** Takes over up to `limit` checks that are due, one of a tenant and none of the `busy` ones. */
  take(limit: number, busy: readonly Id<'tenant'>[]): Promise<DueCheck[]> {
    return this.options.database.platform((tx) => takeDueChecks(tx, { limit, busy }));
  }

  /** Milliseconds until the next check is due; `null`: none is to come. */
  untilNextMs(): Promise<number | null> {
    return this.options.database.platform(untilNextCheckMs);
  }

  /** Makes one check. Never rejects: what fails is logged, and the plugin asked again after its interval. */
  async run(due: DueCheck): Promise<void> {
    try {
      const said = await this.options.check(due);
      if (said !== undefined) await this.options.record(due, said);
    } catch (thrown) {
      this.options.logger.warn({ err: thrown, ...due }, 'a health check could not be made; the next one will tell');
    }
  }
}

export type { DueCheck } from './rows/plugin-checks.js';
