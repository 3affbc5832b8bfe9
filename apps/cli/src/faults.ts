/** How a command fails: what is said, and with which code the program exits. */
import { AnnexProblem } from '@annex/client';
import type { CliCode } from './codes.js';

/** What the exit code says (docs/cli.md). */
export const exitCodes = { ok: 0, failed: 1, invalidInput: 2, denied: 3, limit: 4, interrupted: 130 } as const;

/** A command that ends with a sentence for its user. */
export class CliFault extends Error {
  override readonly name = 'CliFault';
  /**
   * @param code stable, for machines
   * @param message what happened, and what to do
   */
  constructor(
    readonly code: CliCode,
    message: string,
    readonly exitCode: number = exitCodes.failed,
    readonly more: { errors?: readonly unknown[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
  }
}

/** What was typed cannot be meant. */
export function invalid(code: CliCode, message: string, more: CliFault['more'] = {}): CliFault {
  return new CliFault(code, message, exitCodes.invalidInput, more);
}

export interface Explained {
  exitCode: number;
  code: string;
  detail: string;
  errors: readonly unknown[];
  requestId: string | null;
}

/** What is said of anything that was thrown. */
export function explain(thrown: unknown): Explained {
  if (thrown instanceof CliFault) {
    const { exitCode, code, message, more } = thrown;
    return { exitCode, code, detail: message, errors: more.errors ?? [], requestId: null };
  }
  if (thrown instanceof AnnexProblem) {
    const { code, detail, errors, requestId } = thrown;
    return { exitCode: exitCodeOf(thrown), code, detail: detail + wayOut(thrown), errors, requestId };
  }
  if (codeOf(thrown) === 'NO_PLUGIN') return explain(invalid('NO_PLUGIN', (thrown as Error).message));
  const network = networkFault(thrown);
  const detail = network ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const code = network ? ('UNREACHABLE' satisfies CliCode) : codeOf(thrown);
  const exitCode = isMissingFile(thrown) ? exitCodes.invalidInput : exitCodes.failed;
  return { exitCode, code, detail, errors: [], requestId: null };
}

/** A file that was named is not there; a program that cannot be started has the same code. */
function isMissingFile(thrown: unknown): boolean {
  const { code, syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'open';
}

/** Codes of runs and answers that stand for a limit that was hit. */
const limitCodes =
  /^(TIMEOUT|EMIT_DEPTH|QUEUE_FULL|RATE_LIMITED|OVERLOADED|PAYLOAD_TOO_LARGE|QUOTA_EXCEEDED|[A-Z]+_LIMIT)$/;

const deniedCodes = /^(PERMISSION_DENIED|SECRET_BOUND|EGRESS_[A-Z_]*|FORBIDDEN|UNAUTHENTICATED)$/;

/** The exit code for a run that failed with a code. */
export function exitCodeForCode(code: string): number {
  if (limitCodes.test(code)) return exitCodes.limit;
  return deniedCodes.test(code) ? exitCodes.denied : exitCodes.failed;
}

function exitCodeOf({ status, code }: AnnexProblem): number {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 429 || status === 413 || limitCodes.test(code)) return exitCodes.limit;
  // 408, 409, 412: what was asked for makes sense, and the state of things is against it.
  if (status >= 400 && status < 500 && ![408, 409, 412].includes(status)) return exitCodes.invalidInput;
  return exitCodes.failed;
}

function wayOut({ status, code }: AnnexProblem): string {
  if (status === 401) return '\nSign in with "annex login", or set ANNEX_TOKEN.';
  if (code === 'HTTP_404' || code === 'HTTP_502') return '\nIs this the address of an Annex? "annex whoami" shows it.';
  return '';
}

/** `fetch` hides what happened in its cause. */
function networkFault(thrown: unknown): string | undefined {
  if (!(thrown instanceof TypeError) || thrown.cause === undefined) return undefined;
  const { code, message } = thrown.cause as { code?: string; message?: string };
  return `Annex cannot be reached: ${code ?? message ?? thrown.message}. Does it run, and is the address right?`;
}

function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : ('FAILED' satisfies CliCode);
}
