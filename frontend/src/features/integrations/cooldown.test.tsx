import { act, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Cooldown } from "./cooldown";

afterEach(() => vi.useRealTimers());

it("counts down, and says when the service may be asked again", () => {
  vi.useFakeTimers({ now: new Date("2026-11-22T12:00:00Z") });
  render(<Cooldown until="2026-11-22T12:00:12Z" />);
  expect(screen.getByRole("timer").textContent).toContain("in 12 s");
  act(() => vi.advanceTimersByTime(3_000));
  expect(screen.getByRole("timer").textContent).toContain("in 9 s");
  act(() => vi.advanceTimersByTime(10_000));
  expect(screen.getByRole("timer").textContent).toBe("It may be asked again");
});
