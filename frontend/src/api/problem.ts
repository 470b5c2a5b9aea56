import type { Problem } from "./types";

/** The server answered with an error (RFC 9457). */
export class ProblemError extends Error {
  override name = "ProblemError";

  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The server gave no answer at all. */
export class UnreachableError extends Error {
  override name = "UnreachableError";

  constructor(cause: unknown) {
    super("Rookery does not answer. Is `rookery serve` running?", { cause });
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "detail" in body;
}

/** Return the error of a response, whatever its body is. */
export function problemOf(response: Response, body: unknown): ProblemError {
  if (isProblem(body)) {
    return new ProblemError({ ...body, status: response.status });
  }
  const title = response.statusText || `HTTP ${response.status}`;
  return new ProblemError({ type: "about:blank", title, status: response.status, detail: title });
}
