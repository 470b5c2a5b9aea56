import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { SourceChips } from "./source-chips";

function Field({ initial = [] }: { initial?: string[] }) {
  const [sources, setSources] = useState(initial);
  return <SourceChips sources={sources} onChange={setSources} hint="Paths" />;
}

const chips = () => screen.queryAllByRole("listitem").map((chip) => chip.textContent);

it("Enter makes a chip of a path, commas and blanks included", async () => {
  render(<Field />);
  await userEvent.type(screen.getByLabelText("Sources"), "./my papers, 2026{Enter}./notes.md{Enter}");
  expect(chips()).toEqual(["./my papers, 2026", "./notes.md"]);
});

it("a path that is left in the field counts", async () => {
  render(<Field />);
  await userEvent.type(screen.getByLabelText("Sources"), "./papers");
  await userEvent.tab();
  expect(chips()).toEqual(["./papers"]);
});

it("several pasted lines make several chips, each once", async () => {
  render(<Field initial={["./a"]} />);
  await userEvent.click(screen.getByLabelText("Sources"));
  await userEvent.paste("./a\n./b\n\n./c\n");
  expect(chips()).toEqual(["./a", "./b", "./c"]);
});

it("Backspace in the empty field and the chip's button take chips away", async () => {
  render(<Field initial={["./a", "./b", "./c"]} />);
  await userEvent.click(screen.getByRole("button", { name: "Remove ./a" }));
  await userEvent.type(screen.getByLabelText("Sources"), "{Backspace}");
  expect(chips()).toEqual(["./b"]);
});
