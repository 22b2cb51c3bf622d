import { McpServer } from "@modelcontextprotocol/server";
import { expect, it } from "vitest";
import { createOAuthServer, protect } from "../index.ts";
import { silentLog } from "../platform/logging.ts";

// What a caller without types can give.

const create = (options: unknown) => createOAuthServer("Test", () => null, options as never);

it.each([null, "x", 5, [], () => ({})])("options that are no object are refused: %s", (options) => {
  expect(() => create(options)).toThrow(/^The third argument is .*; it must be an object with options/);
  expect(() => protect(options as never)).toThrow(
    /^The argument of protect is .*; it must be an object with options/,
  );
});

it.each([
  ["log", false, "an object with the functions event, error, info and debug"],
  ["log", {}, "an object with the functions event, error, info and debug"],
  ["log", { event() {}, error() {}, info() {} }, "an object with the functions event, error, info and debug"],
  ["mcp", {}, "a function that makes a server of the SDK"],
  ["mcp", null, "a function that makes a server of the SDK"],
  ["instructions", 5, "a text for the model"],
  ["instructions", ["be kind"], "a text for the model"],
  ["requestState", "a key", "an object with a function verify"],
  ["requestState", { mint() {} }, "an object with a function verify"],
  ["alsoAccept", null, "an object with options"],
  ["alsoAccept", "https://idp.example.com", "an object with options"],
  ["alsoAccept", [{ issuer: "https://idp.example.com", audience: "a" }, 5], "an object with options"],
])("%s: %j is refused", (name, value, must) => {
  expect(() => create({ database: ":memory:", [name]: value })).toThrow(
    new RegExp(`^${name}(\\[1\\])? is .*; it must be ${must}`),
  );
});

it("a log of one's own is taken", () => {
  expect(() => create({ database: ":memory:", log: silentLog })).not.toThrow();
});

it.each([() => null, { authorization: { issuer: "https://idp.example.com", audience: "a" } }])(
  "a factory makes servers for people: with it, askToSignIn is no call",
  (access) => {
    const mcp = () => new McpServer({ name: "own", version: "1" });
    const options = { database: ":memory:", mcp, askToSignIn: "call" } as const;
    expect(() => createOAuthServer("Test", access, options)).toThrow(
      /^askToSignIn is "call", and mcp is given\./,
    );
  },
);
