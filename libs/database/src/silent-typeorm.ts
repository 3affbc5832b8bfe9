import type { Logger } from 'typeorm';

const nothing = (): void => undefined;

/** TypeORM prints some failures by itself; here each is said once, by whoever catches the error. */
export const silent: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
