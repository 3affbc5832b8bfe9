/** Whose fault a failure is. It decides status code, retry and alert (libs/runs, `outcomes.ts`). */
export type Fault = 'plugin' | 'caller' | 'limit' | 'policy' | 'platform';

/**
 * One fault in what a caller sent: where (RFC 6901 JSON pointer, or a form field's name), what, and what to do instead.
 */
export interface InputFault {
  pointer: string;
  code: string;
  detail: string;
}

export interface ErrorKind {
  /** One short sentence, the same for every occurrence (RFC 9457 `title`). */
  title: string;
  /** HTTP status with which the API answers it. */
  status: number;
  fault: Fault;
}

export interface ErrorExtras {
  /** Input faults, reported together. */
  errors?: InputFault[];
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  retryAfterS?: number;
  /** Further problem members (RFC 9457 §3.2), `snake_case`. */
  extra?: Record<string, unknown>;
  /** Further response headers, such as `Allow`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * The one error of the product: a stable `code` out of a catalogue, and a `detail` that says what happened with the
 * value and the limit, then what to do. Libraries throw it; the API's single filter prints it as
 * `application/problem+json`.
 */
export class AnnexError extends Error {
  override readonly name = 'AnnexError';
  readonly errors: InputFault[] | undefined;
  readonly retryAfterS: number | undefined;
  readonly extra: Record<string, unknown> | undefined;
  readonly headers: Record<string, string> | undefined;

  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    readonly detail: string,
    extras: ErrorExtras = {},
  ) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.errors = extras.errors;
    this.retryAfterS = extras.retryAfterS;
    this.extra = extras.extra;
    this.headers = extras.headers;
  }
}

export type ErrorCatalogue<Code extends string> = {
  readonly kinds: Readonly<Record<Code, ErrorKind>>;
  /** Makes the error for a code of this catalogue. */
  error(code: Code, detail: string, extras?: ErrorExtras): AnnexError;
};

/** Every catalogue made in this process, so that the docs can be proven equal to the code. */
export const errorCatalogues: Record<string, Readonly<Record<string, ErrorKind>>> = {};

/**
 * Declares a library's errors in one place.
 * @param owner the library's name, as the error reference groups them
 */
export function defineErrors<Code extends string>(owner: string, kinds: Record<Code, ErrorKind>): ErrorCatalogue<Code> {
  errorCatalogues[owner] = { ...errorCatalogues[owner], ...kinds };
  return {
    kinds,
    error: (code, detail, extras) => new AnnexError(code, kinds[code], detail, extras),
  };
}

/** Narrow an unknown to an AnnexError, across copies of this module. */
export function isAnnexError(value: unknown): value is AnnexError {
  return value instanceof Error && value.name === 'AnnexError' && 'kind' in value;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
