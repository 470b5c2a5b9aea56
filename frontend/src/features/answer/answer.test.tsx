import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Citation, Snapshot, TaskResult } from "@/api/types";
import { Answer } from "./answer";

const QUOTE = "Rooks 🪶 nest in tall trees.";
const TEXT = `# 🐦 Field notes\n\n${QUOTE} The colony is loud.\n`;

/** The digest that the server gives the text. */
const DIGEST = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(TEXT)))]
  .map((byte) => byte.toString(16).padStart(2, "0"))
  .join("");

function citation(change: Partial<Citation> = {}): Citation {
  const start = [...TEXT.slice(0, TEXT.indexOf(QUOTE))].length;
  return {
    id: 1,
    url: "file:///notes/rooks.md",
    title: "Field notes",
    quote: QUOTE,
    start,
    end: start + [...QUOTE].length,
    source_sha256: DIGEST,
    retrieved_at: "2026-11-22T12:00:00Z",
    agent_id: "researcher-1",
    ...change,
  };
}

function result(change: Partial<TaskResult> = {}): TaskResult {
  return {
    task_id: "t",
    inputs: {},
    output: "Rooks nest in trees. [1]\n\nThey have recovered.",
    sources: ["file:///notes/rooks.md"],
    reflection_notes: null,
    agent_id: "coordinator",
    status: "succeeded",
    claims: [
      { text: "Rooks nest in trees.", citations: [1], supported: true },
      { text: "They have recovered.", citations: [], supported: false },
    ],
    citations: [citation()],
    model: "extractive",
    usage: { prompt_tokens: 0, cached_prompt_tokens: 0, completion_tokens: 0, steps: 1, seconds: 1 },
    started_at: "2026-11-22T12:00:00Z",
    finished_at: "2026-11-22T12:00:01Z",
    ...change,
  };
}

const snapshot: Snapshot = {
  sha256: DIGEST,
  url: "file:///notes/rooks.md",
  title: "Field notes",
  media_type: "text/markdown",
  text: TEXT,
  retrieved_at: "2026-11-22T12:00:00Z",
  redactions: 0,
};

function show(shown: TaskResult) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <div id="main">
        <Answer result={shown} />
      </div>
    </QueryClientProvider>,
  );
}

const mark = () => screen.getByRole("button", { name: "Citation 1: Field notes" });

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json(snapshot));
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

describe("the answer", () => {
  it("puts the mark of each citation after its claim", () => {
    show(result());
    expect(mark()).toHaveTextContent("[1]");
    expect(mark().closest("p")).toHaveTextContent("Rooks nest in trees.[1]");
  });

  it("badges a claim that no quote holds", () => {
    show(result());
    expect(screen.getByText("They have recovered.").closest("p")).toHaveTextContent("Unsupported");
    expect(screen.getByText("Unsupported")).toBeInTheDocument();
  });

  it("shows the quote when the mark has the focus", async () => {
    show(result());
    await userEvent.tab();
    expect(mark()).toHaveFocus();
    expect(await screen.findByRole("tooltip")).toHaveTextContent(QUOTE);
  });

  it("opens the stored text with exactly the quote marked, emoji before and in it", async () => {
    show(result());
    await userEvent.click(mark());
    const sheet = await screen.findByRole("dialog", { name: "Field notes" });
    const text = await within(sheet).findByRole("region", { name: "Stored text" });
    expect(text.querySelector("mark")).toHaveTextContent(QUOTE);
    expect(text.textContent).toBe(TEXT);
    expect(sheet).toHaveTextContent("Quote found word for word");
    expect(await within(sheet).findByText(/text unaltered/)).toBeInTheDocument();
  });

  it("says so when the quote is not at its place", async () => {
    show(result({ citations: [citation({ start: 0, end: 27 })] }));
    await userEvent.click(mark());
    expect(await screen.findByRole("alert")).toBeInTheDocument();
  });

  it("says so when the stored text is not what was stored", async () => {
    vi.stubGlobal("fetch", async () => Response.json({ ...snapshot, text: TEXT.replace("loud", "calm") }));
    show(result());
    await userEvent.click(mark());
    expect(await screen.findByText("The stored text was changed")).toBeInTheDocument();
  });

  it("shows markup in claims as the text it is", () => {
    const text = '<img src="https://example.org/x.png"> and ![y](https://example.org/y.png)';
    show(result({ claims: [{ text, citations: [1], supported: true }], output: text }));
    expect(document.querySelector("img")).toBeNull();
    expect(mark().closest("p")).toHaveTextContent(text);
  });

  it("says openly that nothing was found", () => {
    show(result({ claims: [], citations: [], status: "partial" }));
    expect(screen.getByRole("heading", { name: "Nothing in the sources answers this" })).toBeInTheDocument();
  });

  it("does not call the extractive answerer a writer", () => {
    show(result());
    expect(screen.getByText(/Sentences of the sources themselves/)).toBeInTheDocument();
  });
});
