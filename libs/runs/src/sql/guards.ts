/** The table of legal moves (`run-status.ts`) as conditions of SQL. */
import { hasEnded, runMoves, runStatuses, type RunOperation, type RunStatus } from '../run-status.js';

const quoted = (statuses: readonly RunStatus[]): string =>
  [...new Set(statuses)].map((status) => `'${status}'`).join(', ');

/** Whether an operation moves a run that stands at `status`, an SQL expression. */
export function isMovedBy(operation: RunOperation, status: string): string {
  return `${status} in (${quoted(runMoves.filter(({ by }) => by.includes(operation)).map(({ from }) => from))})`;
}

/** Whether an operation moves a run from one status to another, both SQL expressions. */
export function isMove(operation: RunOperation, from: string, to: string): string {
  const moves = runMoves.filter(({ by }) => by.includes(operation));
  return `(${from}, ${to}) in (${moves.map((move) => `('${move.from}', '${move.to}')`).join(', ')})`;
}

/** Whether a run at `status`, an SQL expression, has not ended; in the words of the index of those. */
export function isOpen(status: string): string {
  return `${status} in (${quoted(runStatuses.filter((one) => !hasEnded(one)))})`;
}
