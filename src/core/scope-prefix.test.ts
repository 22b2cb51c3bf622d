import { describe, expect, it } from "vitest";
import { scopeAtProvider, scopeHere } from "./scope-prefix.ts";

const PREFIX = "api://1b2c/";

describe("a scope with its server before it", () => {
  it.each(["todo:read", "mcp", "a.b-c"])("%s goes there and comes back", (scope) => {
    expect(scopeAtProvider(PREFIX, scope)).toBe(`api://1b2c/${scope}`);
    expect(scopeHere(PREFIX, scopeAtProvider(PREFIX, scope))).toBe(scope);
  });

  it.each(["openid", "offline_access", "aws.cognito.signin.user.admin", "api://other/todo:read"])(
    "%s is nobody's to rename",
    (scope) => {
      expect(scopeAtProvider(PREFIX, scope)).toBe(scope);
      expect(scopeHere(PREFIX, scope)).toBe(scope);
    },
  );

  it("stays as it is where there is no prefix", () => {
    expect(scopeAtProvider("", "todo:read")).toBe("todo:read");
    expect(scopeHere("", "api://1b2c/todo:read")).toBe("api://1b2c/todo:read");
  });
});
