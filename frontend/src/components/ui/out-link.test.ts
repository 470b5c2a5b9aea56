import { expect, it } from "vitest";
import { webAddress } from "./out-link";

it.each([
  "javascript:alert(1)",
  " JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  "file:///etc",
  "//",
  "",
])("does not lead to %j", (url) => expect(webAddress(url)).toBeNull());

it("leads to the web", () => expect(webAddress("https://example.org/a")?.host).toBe("example.org"));
