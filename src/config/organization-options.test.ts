import { describe, expect, it, test } from "vitest";
import { createOAuthServer } from "../index.ts";
import { parseOptions } from "./options.ts";
import type { OAuthServerOptions } from "./options-schema.ts";

const of = () => [];
const parse = (organizations: unknown) =>
  parseOptions("x", { organizations } as OAuthServerOptions).organizations;

describe("organizations", () => {
  it("may be the function alone", () => {
    const expected = { of, called: "Organization", required: false, timeoutSeconds: 5 };
    expect(parse(of)).toEqual(expected);
    expect(parse({ of })).toEqual(expected);
    expect(parse(undefined)).toBeUndefined();
  });

  it("may say what they are called, whether one is required, and how long the function may take", () => {
    const given = { of, called: "Équipe", required: true, timeoutSeconds: 20 };
    expect(parse(given)).toEqual(given);
  });

  test.each<[unknown, string]>([
    [
      "acme",
      'organizations is "acme"; it must be a function, or { of, called?, required?, timeoutSeconds? }.',
    ],
    [
      [],
      "organizations is an empty list; it must be a function, or { of, called?, required?, timeoutSeconds? }.",
    ],
    [{ called: "Team" }, "organizations.of is missing; it must be a function."],
    [
      { of, called: "" },
      "organizations.called is empty; it must be a name of up to 40 characters, such as “Workspace”.",
    ],
    [{ of, called: "x".repeat(41) }, "a name of up to 40 characters, such as “Workspace”."],
    [
      { of, called: "a\u202Eb" },
      "a name of up to 40 characters, such as “Workspace”, without control characters.",
    ],
    [{ of, required: "yes" }, 'organizations.required is "yes"; it must be true or false.'],
    [
      { of, timeoutSeconds: 0 },
      "organizations.timeoutSeconds is 0; it must be a whole number of seconds from 1 to 60.",
    ],
    [{ of, requred: true }, "organizations.requred is not an option. Did you mean required?"],
  ])("is refused as %j, in a sentence", (given, sentence) => {
    expect(() => parse(given)).toThrow(sentence);
  });

  it("stops the start of a server in front of a provider, which would never ask", () => {
    const authorization = { issuer: "https://idp.example", audience: "https://mcp.example/mcp" };
    expect(() => createOAuthServer("x", { authorization }, { organizations: of })).toThrow(
      "organizations is for a server with its own sign-in.",
    );
  });
});
