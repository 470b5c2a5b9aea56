import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FoundMemory, Memory, SyncState } from "@/api/types";
import { Component } from ".";

const why = {
  dense: 1.5,
  lexical: 0.6,
  neighbour: 0,
  speaker: 0,
  time: 1.2,
  importance: -0.1,
  form: 0,
  decay: 1,
};

function memory(change: Partial<Memory> = {}): Memory {
  return {
    id: "m-1",
    namespace: "field-team",
    key: "egg",
    content: "First egg on 29 April.",
    tags: ["speaker:Carla", "birds"],
    timestamp: "2026-04-29T12:00:00Z",
    relevance_score: 0.5,
    version: change.id ?? "v1",
    supersedes: [],
    priority: 0,
    redactions: 0,
    forgotten: false,
    ...change,
  };
}

const found: FoundMemory = { ...memory(), relevance_score: 0.36, why: { ...why, terms: ["egg"] } };
const sync: SyncState = { store: "s3", encrypted: true, waiting: 2, devices: 1 };

/** A server with one memory; it keeps what it was asked. */
let asked: { method: string; url: URL; body: string }[];
let answers: Record<string, () => unknown>;

async function serve(request: Request): Promise<Response> {
  const url = new URL(request.url);
  asked.push({ method: request.method, url, body: await request.text() });
  const answer = answers[`${request.method} ${url.pathname}`]?.();
  return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer);
}

const last = (path: string) => asked.findLast(({ url }) => url.pathname === path);

function open(address = "/memory") {
  const router = createMemoryRouter([{ path: "/memory", element: <Component /> }], {
    initialEntries: [address],
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}

beforeEach(() => {
  asked = [];
  answers = {
    "GET /v1/memories": () => ({ items: [memory()], next_cursor: null }),
    "POST /v1/memories/search": () => ({ items: [found], degraded: ["words only: `minilm` is missing"] }),
    "GET /v1/memories/state": () => ({
      namespaces: [{ namespace: "field-team", memories: 1 }],
      sync: null,
      degraded: ["words only: `minilm` is missing"],
    }),
  };
  vi.stubGlobal("fetch", serve);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

it("a search says how well each memory fits, and why when asked", async () => {
  open("/memory?q=egg");
  expect(await screen.findByText("36 % relevant")).toBeInTheDocument();
  expect(screen.queryByRole("table")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Why" }));
  const rows = within(screen.getByRole("table")).getAllByRole("row").slice(1);
  const amounts = Object.fromEntries(
    rows.map((row) => [row.querySelector("th span")?.textContent, row.querySelector("td")?.textContent]),
  );
  expect(amounts).toEqual({
    Meaning: "+1.50",
    Words: "+0.60",
    Neighbours: "0",
    Speaker: "0",
    Time: "+1.20",
    Importance: "−0.10",
    Form: "0",
    Age: "× 1.00",
  });
});

it("what is degraded is said once", async () => {
  open("/memory?q=egg");
  await screen.findByText("36 % relevant");
  expect(await screen.findAllByText(/words only/i)).toHaveLength(1);
});

it("a click on a tag filters by it, a second click no longer", async () => {
  const router = open();
  await userEvent.click(await screen.findByRole("button", { name: "Filter by speaker Carla" }));
  expect(last("/v1/memories")?.url.searchParams.getAll("tag")).toEqual(["speaker:Carla"]);
  expect(screen.getByRole("list", { name: "Filters in force" })).toHaveTextContent("said by Carla");
  await userEvent.click(
    await screen.findByRole("button", { name: "Filter by speaker Carla", pressed: true }),
  );
  expect(router.state.location.search).toBe("");
});

it("namespace, tags, days and source narrow a search", async () => {
  open("/memory?q=egg");
  await screen.findByRole("option", { name: "field-team (1)" });
  await userEvent.selectOptions(screen.getByLabelText("Namespace"), "field-team");
  await userEvent.click(screen.getByRole("button", { name: "Filters" }));
  await userEvent.type(screen.getByLabelText("Tags"), "birds{Enter}eggs{Enter}");
  await userEvent.type(screen.getByLabelText("Since"), "2026-04-01");
  await userEvent.type(screen.getByLabelText("Source"), "https://example.org/*{Enter}");
  expect(JSON.parse(last("/v1/memories/search")?.body ?? "")).toMatchObject({
    query: "egg",
    namespaces: ["field-team"],
    tags_any: ["birds", "eggs"],
    since: new Date(2026, 3, 1).toISOString(),
    until: null,
    source: "https://example.org/*",
  });
});

it("forgetting asks first, and says that the history stays and others forget too", async () => {
  answers["GET /v1/memories"] = () => ({ items: [memory({ id: "a/b" })], next_cursor: null });
  open();
  await userEvent.click(await screen.findByRole("button", { name: /^Forget: First egg/ }));
  const dialog = screen.getByRole("alertdialog");
  expect(dialog).toHaveTextContent(
    "After the next sync your other machines forget it too. Its history stays.",
  );
  expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
  answers["GET /v1/memories"] = () => ({ items: [], next_cursor: null });
  await userEvent.click(within(dialog).getByRole("button", { name: "Forget it" }));
  expect(await screen.findByText("Nothing remembered yet")).toBeInTheDocument();
  expect(asked.find(({ method }) => method === "DELETE")?.url).toMatchObject({
    pathname: "/v1/memories/a%2Fb",
    search: "?namespace=field-team",
  });
  expect(screen.getByRole("heading", { name: "Newest first" })).toHaveFocus();
});

it("only a web address becomes a link", async () => {
  const sources = ["https://example.org/a", "javascript:alert(1)", "file:///notes.md"];
  answers["GET /v1/memories"] = () => ({
    items: sources.map((source, n) => memory({ id: `m-${n}`, source })),
    next_cursor: null,
  });
  open();
  const links = await screen.findAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/a"]);
  expect(links[0]).toHaveAttribute("rel", "noopener noreferrer");
});

it("the history tells in words why a version lost", async () => {
  answers["GET /v1/memories/m-1/history"] = () => ({
    items: [
      { ...memory({ priority: 5 }), fate: "holds" },
      { ...memory({ version: "v2", content: "First egg in May." }), fate: "lost" },
      { ...memory({ version: "v3", content: "", forgotten: true }), fate: "superseded" },
    ],
  });
  open();
  await userEvent.click(await screen.findByRole("button", { name: "History" }));
  const versions = within(await screen.findByRole("region", { name: "Versions" })).findAllByRole("article");
  const [holds, lost, superseded] = await versions;
  expect(holds).toHaveTextContent("This is what agents recall.");
  expect(lost).toHaveTextContent("with a higher priority (5 over 0)");
  expect(superseded).toHaveTextContent("Forgotten");
});

it("without a store it says in one line how to name one", async () => {
  open();
  expect(await screen.findByText("ROOKERY_SYNC__STORE")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Sync now" })).toBeNull();
});

it("a sync tells what was exchanged and what could not be read", async () => {
  answers["GET /v1/memories/state"] = () => ({ namespaces: [], sync, degraded: [] });
  answers["POST /v1/memories/sync"] = () => ({ sent: 3, received: 12, problems: ["segment 4 is damaged"] });
  open();
  await userEvent.click(await screen.findByRole("button", { name: "Sync now" }));
  expect(await screen.findByText("Sent 3, received 12.")).toBeInTheDocument();
  expect(screen.getByText("segment 4 is damaged")).toBeInTheDocument();
});

it("a memory is added with its tags, and the replaced credentials are told", async () => {
  answers["POST /v1/memories"] = () => memory({ redactions: 1 });
  open();
  await userEvent.click(await screen.findByRole("button", { name: "Add a memory" }));
  await userEvent.type(screen.getByLabelText("Content"), "Eggs hatch in June.");
  await userEvent.type(within(screen.getByRole("dialog")).getByLabelText("Tags"), "birds");
  await userEvent.click(screen.getByRole("button", { name: "Remember it" }));
  expect(await screen.findByText("Remembered. 1 credential was replaced.")).toBeInTheDocument();
  const sent = asked.find(({ method, url }) => method === "POST" && url.pathname === "/v1/memories");
  expect(JSON.parse(sent?.body ?? "")).toMatchObject({
    content: "Eggs hatch in June.",
    namespace: "default",
    tags: ["birds"],
    key: null,
  });
});

it("a server that is away is said so, with a way to try again", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection refused")));
  open();
  expect(await screen.findByText("Rookery does not answer")).toBeInTheDocument();
  vi.stubGlobal("fetch", serve);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("First egg on 29 April.")).toBeInTheDocument();
});
