/**
 * SQLSTATE classes (PostgreSQL manual, Appendix A) after which the same work may succeed: connection exception,
 * transaction rollback (serialization, deadlock), insufficient resources, object in use, operator intervention
 * (restart, timeout).
 */
const transientClasses = new Set(['08', '40', '53', '55', '57']);
/** A write at a standby: the server fails over, and this one is not promoted yet. */
const readOnly = '25006';

const isTransientState = (state: string): boolean => state === readOnly || transientClasses.has(state.slice(0, 2));

/**
 * Whether trying the same work again makes sense after a failed transaction: the connection or the server had trouble.
 * Not after an error in the data or the code.
 */
export function isTransientDatabaseError(thrown: unknown): boolean {
  if (
    !(thrown instanceof Error) ||
    thrown instanceof TypeError ||
    thrown instanceof RangeError ||
    thrown instanceof SyntaxError
  )
    return false;
  const code = sqlState(thrown);
  // Without a SQLSTATE the server never answered: the connection ended, or the query timed out on our side.
  return code === undefined || isTransientState(code);
}

/**
 * Whether a statement failed for what else went on in the server, by its SQLSTATE: it waited too long for a lock, was
 * chosen to end a deadlock, or met a server that stops. The same may work in a moment.
 */
export function isDatabaseBusy(thrown: unknown): boolean {
  return thrown instanceof Error && isTransientState(sqlState(thrown) ?? '');
}

/** Whether a statement failed because the server takes no writes (SQLSTATE 25006): it is a standby. */
export function isReadOnlyServer(thrown: unknown): thrown is Error {
  return thrown instanceof Error && sqlState(thrown) === readOnly;
}

function sqlState(thrown: Error): string | undefined {
  const carrier =
    'driverError' in thrown && typeof thrown.driverError === 'object' && thrown.driverError !== null
      ? thrown.driverError
      : thrown;
  const code = 'code' in carrier ? carrier.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
