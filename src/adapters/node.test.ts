import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { headOf } from "./node.ts";

/** What serverless wrappers hand over: some fill the raw list, some the joined view, and HTTP/2 has no distinct one. */
const authorizationIn = (request: object) =>
  headOf(request as IncomingMessage, "/").headers.get("Authorization");

describe("the Authorization header of one of Node's requests", () => {
  it.each([
    ["one raw", { rawHeaders: ["Authorization", "Bearer a"], headers: {} }, "Bearer a"],
    [
      "two raw, of which Node's joined view keeps one",
      {
        rawHeaders: ["Authorization", "Bearer a", "Accept", "x", "authorization", "Bearer b"],
        headers: { authorization: "Bearer a" },
      },
      "Bearer a, Bearer b",
    ],
    ["the joined view alone", { rawHeaders: [], headers: { authorization: "Bearer a" } }, "Bearer a"],
    [
      "a list in the joined view",
      { headers: { authorization: ["Bearer a", "Bearer b"] } },
      "Bearer a, Bearer b",
    ],
    ["none", { rawHeaders: ["Accept", "authorization"], headers: {} }, null],
  ])("%s", (_, request, value) => {
    expect(authorizationIn(request)).toBe(value);
  });
});
