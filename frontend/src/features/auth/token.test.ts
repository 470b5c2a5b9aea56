import { beforeEach, describe, expect, it } from "vitest";
import { currentToken, forgetToken, keepToken, refuseToken, takeTokenFromAddress } from "./token";

describe("the token", () => {
  beforeEach(() => {
    forgetToken();
    history.replaceState(null, "", "/");
  });

  it("is taken from the address, stored, and removed from the address bar", () => {
    history.replaceState(null, "", "/runs?status=failed#token=rk_abc");
    takeTokenFromAddress();
    expect(currentToken()).toBe("rk_abc");
    expect(localStorage.getItem("rookery.token")).toBe("rk_abc");
    expect(location.pathname + location.search + location.hash).toBe("/runs?status=failed");
  });

  it("leaves other fragments and the stored token alone", () => {
    keepToken("rk_old");
    history.replaceState(null, "", "/#sources");
    takeTokenFromAddress();
    expect(location.hash).toBe("#sources");
    expect(currentToken()).toBe("rk_old");
  });

  it("loses the blanks that come with copying", () => {
    keepToken("  rk_abc\n");
    expect(currentToken()).toBe("rk_abc");
  });

  it("is not refused by the late answer to an older one", () => {
    keepToken("rk_new");
    refuseToken("rk_old");
    expect(currentToken()).toBe("rk_new");
  });

  it("can be forgotten", () => {
    keepToken("rk_abc");
    forgetToken();
    expect(currentToken()).toBeNull();
    expect(localStorage.getItem("rookery.token")).toBeNull();
  });
});
