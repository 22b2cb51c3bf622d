import { expect, it } from "vitest";
import { silentLog } from "../platform/logging.ts";
import { createOAuthServer } from "./create-oauth-server.ts";

it.each([{}, { event() {}, error() {}, info() {} }])("a log that lacks a function is refused: %j", (log) => {
  const create = () => createOAuthServer("Test", () => null, { database: ":memory:", log: log as never });
  expect(create).toThrow("log is an object; it must be an object with the functions event, error, info");
});

it("a log of one's own is taken", () => {
  expect(() => createOAuthServer("Test", () => null, { database: ":memory:", log: silentLog })).not.toThrow();
});
