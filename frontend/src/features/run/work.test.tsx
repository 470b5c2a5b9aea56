import { fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { describe, expect, it } from "vitest";
import { UNSTARTED } from "./fold-run";
import { Work } from "./work";

const work = (live: boolean) => <Work view={UNSTARTED} events={[]} live={live} />;
const at = (address: string) => ({
  wrapper: ({ children }: { children: React.ReactNode }) => (
    <MemoryRouter initialEntries={[address]}>{children}</MemoryRouter>
  ),
});

describe("how an answer was found", () => {
  it("is folded away when the answer is there", () => {
    const { rerender } = render(work(true), at("/runs/1"));
    expect(screen.getByRole("radio", { name: "Graph" })).toBeDefined();
    rerender(work(false));
    expect(screen.queryByRole("radio", { name: "Graph" })).toBeNull();
  });

  it("stays with a person who has chosen how to see it", () => {
    const { rerender } = render(work(true), at("/runs/1"));
    fireEvent.click(screen.getByRole("radio", { name: "Graph" }));
    rerender(work(false));
    expect(screen.getByRole("radio", { name: "Graph" })).toBeDefined();
  });

  it("is open for a link to a view of it, until it is folded by hand", () => {
    render(work(false), at("/runs/1?view=timeline"));
    expect(screen.getByRole("radio", { name: "Timeline" })).toBeDefined();
    fireEvent.click(screen.getByRole("button", { name: /How it was found/ }));
    expect(screen.queryByRole("radio", { name: "Timeline" })).toBeNull();
  });
});
