import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/api/types";
import { type Connection, followRun, pauseAfter } from "./follow-run";

type Part = Uint8Array | "drop";

const bytes = (text: string) => new TextEncoder().encode(text);

function message(seq: number, type = "token_emitted", text = "🪶"): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ type, seq, text })}\n\n`;
}

/** An answer whose body comes in the given parts; "drop" breaks the connection. */
function stream(...parts: (string | Part)[]): Response {
  const left = [...parts];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve));
      const part = left.shift();
      if (part === undefined) {
        controller.close();
      } else if (part === "drop") {
        controller.error(new TypeError("network error"));
      } else {
        controller.enqueue(typeof part === "string" ? bytes(part) : part);
      }
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Follow a run through a list of answers, and return all that was seen. */
async function follow(answers: (() => Response | Promise<Response>)[], after = 0) {
  const closing = new AbortController();
  const asked: (string | null)[] = [];
  const events: RunEvent[] = [];
  const states: Connection["state"][] = [];
  const pauses: number[] = [];
  await followRun({
    url: "http://localhost/v1/runs/r/events",
    after,
    signal: closing.signal,
    fetch: async (request) => {
      asked.push(request.headers.get("Last-Event-ID"));
      const answer = answers[asked.length - 1];
      if (!answer) {
        closing.abort();
        throw new TypeError("no more answers");
      }
      return answer();
    },
    onEvent: (event) => events.push(event),
    onConnection: ({ state }) => states.push(state),
    pause: async (seconds) => void pauses.push(seconds),
  });
  return { asked, seqs: events.map((event) => event.seq), events, states, pauses };
}

const end = (seq: number) => message(seq, "run_finished");
const unreachable = () => Promise.reject(new TypeError("connection refused"));

describe("following a run", () => {
  it("reads to the last event and stops", async () => {
    const seen = await follow([() => stream(message(1), ": ping\n\n", message(2), end(3))]);
    expect(seen.seqs).toEqual([1, 2, 3]);
    expect(seen.asked).toEqual([null]);
    expect(seen.states.at(-1)).toBe("ended");
  });

  it("takes a dropped connection up after the last event, losing and doubling nothing", async () => {
    const seen = await follow([
      () => stream(message(1), message(2), "drop"),
      () => stream(message(2), message(3), "drop"),
      () => stream(end(4)),
    ]);
    expect(seen.seqs).toEqual([1, 2, 3, 4]);
    expect(seen.asked).toEqual([null, "2", "3"]);
  });

  it("takes it up again when the server closes in good order before the end", async () => {
    const seen = await follow([() => stream(message(1)), () => stream(end(2))]);
    expect(seen.asked).toEqual([null, "1"]);
    expect(seen.states.at(-1)).toBe("ended");
  });

  it("drops an event that was cut in the middle and reads it whole the next time", async () => {
    const cut = message(2).slice(0, 20);
    const seen = await follow([() => stream(message(1), cut, "drop"), () => stream(message(2), end(3))]);
    expect(seen.seqs).toEqual([1, 2, 3]);
    expect(seen.asked).toEqual([null, "1"]);
  });

  it("puts characters together that the network cut apart", async () => {
    const whole = bytes(message(1));
    const seen = await follow([() => stream(...[...whole].map((byte) => Uint8Array.of(byte)), end(2))]);
    expect(seen.events[0]).toMatchObject({ text: "🪶" });
  });

  it("goes on after what is known already", async () => {
    const seen = await follow([() => stream(message(7), message(8), end(9))], 7);
    expect(seen.asked).toEqual(["7"]);
    expect(seen.seqs).toEqual([8, 9]);
  });

  it("waits longer each time nothing comes, and shortly again after progress", async () => {
    const busy = () => new Response("{}", { status: 503 });
    const seen = await follow([
      unreachable,
      busy,
      unreachable,
      () => stream(message(1), "drop"),
      () => stream(end(2)),
    ]);
    expect(seen.pauses).toEqual([1, 2, 4, 0.25]);
    expect(seen.seqs).toEqual([1, 2]);
  });

  it("gives up where trying again is pointless", async () => {
    const body = JSON.stringify({ type: "x", title: "Not found", status: 404, detail: "there is no run r" });
    const seen = await follow([() => new Response(body, { status: 404 })]);
    expect(seen.states.at(-1)).toBe("lost");
    expect(seen.asked).toHaveLength(1);
  });
});

it("pauses never grow beyond a quarter of a minute", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(pauseAfter)).toEqual([0.25, 1, 2, 4, 8, 15, 15]);
});
