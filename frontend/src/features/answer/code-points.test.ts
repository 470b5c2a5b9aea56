import { describe, expect, it } from "vitest";
import { cutAt, utf16Index } from "./code-points";

describe("offsets in code points", () => {
  it("are the same as UTF-16 indices in plain text", () => {
    expect(utf16Index("rooks nest", 6)).toBe(6);
  });

  it("count an emoji once", () => {
    expect(utf16Index("🐦‍⬛ rooks", 4)).toBe(5);
  });

  it("stop at the end of the text", () => {
    expect(utf16Index("a🪺", 99)).toBe(3);
  });

  it("find the quote after and around emoji", () => {
    const quote = "Rooks 🪶 nest in tall trees.";
    const text = `# 🐦 Field notes 🌳🌳\n\n${quote} And more 🥚.`;
    const start = [...text.slice(0, text.indexOf(quote))].length;
    const cut = cutAt(text, start, start + [...quote].length);
    expect(cut.quote).toBe(quote);
    expect(cut.before + cut.quote + cut.after).toBe(text);
  });

  it("leave combining marks and CJK as Python counts them", () => {
    const text = "e\u0301 烏 rook";
    expect(cutAt(text, 3, 4).quote).toBe("烏");
  });
});
