import { ERRORS, type ErrorCode } from "./error-table.ts";

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The wire form of every failure (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly code: ErrorCode;
  readonly title: string;
  readonly status: number;
  /** What happened this time, in one sentence. */
  readonly detail: string;
  /** What the reader can do about it. */
  readonly fix: string;
  readonly details: ErrorDetails;
}

/** The one error class: a code of the table, what happened this time, and machine-readable details. */
export class BrowserVmError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, detail: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(detail, options);
    this.name = "BrowserVmError";
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get fix(): string {
    return ERRORS[this.code].fix;
  }

  toProblem(): Problem {
    const { title, status, fix } = ERRORS[this.code];
    return { code: this.code, title, status, detail: this.message, fix, details: this.details };
  }
}

/** Matches by shape, so that an error that crossed a wire or a package copy still matches. */
export function isBrowserVmError(error: unknown, code?: ErrorCode): error is BrowserVmError {
  if (!(error instanceof Error) || error.name !== "BrowserVmError" || !("code" in error)) return false;
  return code === undefined || error.code === code;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERRORS, code);
}

/** Rebuilds the error that a server sent; anything that is not a problem document is a protocol error. */
export function fromProblem(body: unknown): BrowserVmError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  if (!isErrorCode(problem.code)) {
    return new BrowserVmError(
      "PROTOCOL_ERROR",
      "the server answered with an error that is not a problem document",
      { body },
    );
  }
  return new BrowserVmError(
    problem.code,
    problem.detail ?? problem.title ?? problem.code,
    problem.details ?? {},
  );
}

/** Says any thrown value in the words of the table; what is not ours becomes INTERNAL. */
export function toBrowserVmError(error: unknown): BrowserVmError {
  if (isBrowserVmError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BrowserVmError("INTERNAL", message, {}, { cause: error });
}
