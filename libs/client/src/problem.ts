import type { Problem } from './generated/api.js';

/**
 * What the API refuses with, or fails with (RFC 9457). `code` is stable: docs/errors.md lists every one with its way
 * out. An answer that is no problem, such as a proxy's page, has the code `HTTP_<status>`.
 */
export class AnnexProblem extends Error {
  override readonly name = 'AnnexProblem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** What happened, and what to do; the same as `message`. */
  readonly detail: string;
  /** Every fault of the input, each with its place; empty where it was not the input. */
  readonly errors: readonly { pointer: string; code: string; detail: string }[];
  /** Finds the request in the server's log; `null`: the server did not say. */
  readonly requestId: string | null;
  /** Milliseconds to wait before the next try, if the server says so. */
  readonly retryAfterMs: number | undefined;
  /** The whole body: some problems tell more, such as `limit` or `quota`. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(response: Pick<Response, 'status' | 'statusText' | 'headers'>, body: unknown) {
    const problem = isObject(body) ? (body as Partial<Problem>) : {};
    const text = typeof body === 'string' ? body.slice(0, 200) : '';
    const detail = problem.detail ?? `The server answered ${response.status} ${response.statusText} ${text}`.trim();
    super(detail);
    this.status = response.status;
    this.code = problem.code ?? `HTTP_${response.status}`;
    this.title = problem.title ?? response.statusText;
    this.detail = detail;
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? response.headers.get('x-request-id');
    this.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
    this.problem = problem;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Seconds, or an HTTP date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
