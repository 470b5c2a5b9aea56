import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api, unwrap } from "@/api/client";
import { forgetToken, keepToken, masked } from "./token";
import { TokenGate } from "./token-gate";

const refusal = { type: "x", title: "A valid token is needed", status: 401, detail: "make one" };

/** A server that knows one token. */
async function serve(input: Request | URL, init?: RequestInit): Promise<Response> {
  const sent = new Headers(input instanceof Request ? input.headers : init?.headers).get("Authorization");
  return sent === "Bearer rk_good"
    ? Response.json({ items: [], next_cursor: null })
    : Response.json(refusal, { status: 401 });
}

const gate = () =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TokenGate>
        <p>Inside</p>
      </TokenGate>
    </QueryClientProvider>,
  );

beforeEach(() => {
  forgetToken();
  vi.stubGlobal("fetch", serve);
});
afterEach(() => vi.unstubAllGlobals());

it("asks for a token and says how to make one", () => {
  gate();
  expect(screen.getByLabelText("Access token")).toBeInTheDocument();
  expect(screen.getByText("rookery tokens create")).toBeInTheDocument();
});

it("lets a good token in", async () => {
  gate();
  await userEvent.type(screen.getByLabelText("Access token"), "rk_good{Enter}");
  expect(await screen.findByText("Inside")).toBeInTheDocument();
  expect(localStorage.getItem("rookery.token")).toBe("rk_good");
});

it("keeps a bad token out and does not store it", async () => {
  gate();
  await userEvent.type(screen.getByLabelText("Access token"), "rk_bad{Enter}");
  expect(await screen.findByText(/does not know this token/)).toBeInTheDocument();
  expect(localStorage.getItem("rookery.token")).toBeNull();
});

it("asks again when the server refuses the stored token", async () => {
  keepToken("rk_revoked");
  gate();
  expect(screen.getByText("Inside")).toBeInTheDocument();
  await expect(unwrap(api.GET("/v1/agents"))).rejects.toThrow("make one");
  expect(await screen.findByText(/no longer accepted/)).toBeInTheDocument();
});

it("a token is shown by its ends only", () => {
  expect(masked("rk_0123456789abcdef")).toBe("rk_…cdef");
  expect(masked("short")).toBe("…");
});
