import createClient from "openapi-fetch";
import { currentToken, refuseToken } from "@/features/auth/token";
import { problemOf, UnreachableError } from "./problem";
import type { paths } from "./schema";
import type { Readiness } from "./types";

/** A `fetch` that carries the token, and reports a token that the server refuses. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const token = currentToken();
  if (token) {
    request.headers.set("Authorization", `Bearer ${token}`);
  }
  const response = await reach(request);
  if (response.status === 401 && token) {
    refuseToken(token);
  }
  return response;
}

/** The typed client of everything under /v1. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => authorizedFetch(request),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return the body of a good answer; throw the problem of a bad one. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) {
    throw problemOf(response, error);
  }
  return data as T;
}

/** Ask whether the server can serve. It says why not with 503 and the same body. */
export async function readReadiness(): Promise<Readiness> {
  const response = await reach(new Request(new URL("/readyz", location.origin)));
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === "object" && body !== null && "checks" in body) {
    return body as Readiness;
  }
  throw problemOf(response, body);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) {
      throw error;
    }
    throw new UnreachableError(error);
  }
}
