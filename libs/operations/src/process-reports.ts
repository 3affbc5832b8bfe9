import { hostname } from 'node:os';
import { newUuid, type Logger, type Stoppable } from '@annex/kernel';
import { operationsLimits } from '@annex/limits';
import type { Database } from '@annex/database';
import { Loop } from '@annex/dispatch';
import type { ProcessReport } from './report.js';
import { removeProcess, writeProcess } from './rows/processes.js';

export interface ProcessReportsOptions {
  database: Database;
  logger: Logger;
  /** `all`, `api` or `worker`. */
  role: string;
  version: string;
  /** What to tell now; must be cheap and never throw. */
  read: () => ProcessReport;
}

/** Tells every few seconds what this process does, so that operators see all processes from any of them. */
export class ProcessReports implements Stoppable {
  readonly #id = newUuid();
  readonly #loop: Loop;

  constructor(private readonly options: ProcessReportsOptions) {
    const { logger } = options;
    this.#loop = new Loop({
      name: 'process reports',
      everyMs: operationsLimits.reportEveryMs,
      logger,
      work: () => this.#write(),
    });
  }

  /** Writes the first report at once. */
  start(): void {
    this.#loop.start();
  }

  /** Takes the process off the list. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    // Whoever cannot sign off is gone from the list ten minutes later.
    await this.options.database.platform((tx) => removeProcess(tx, this.#id)).catch(() => undefined);
  }

  async #write(): Promise<void> {
    const { database, role, version, read } = this.options;
    const report = read();
    const executors = report.executors.slice(0, operationsLimits.reportedExecutors);
    await database.platform((tx) =>
      writeProcess(tx, {
        ...{ id: this.#id, role, host: hostname(), pid: process.pid, version },
        report: { ...report, executors },
      }),
    );
  }
}
