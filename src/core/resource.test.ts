import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OAuthError } from "./errors.ts";
import { requireResource } from "./resource.ts";

const RESOURCE = "https://mcp.example/mcp";

function refusal(requested: readonly string[], resource = RESOURCE): OAuthError | undefined {
  try {
    requireResource(requested, resource);
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

const isLetIn = (requested: string, resource = RESOURCE) => refusal([requested], resource) === undefined;

describe("the resource that a client asks for (RFC 8707 §2)", () => {
  it.each([
    ["byte for byte", RESOURCE, RESOURCE],
    ["with a slash more", `${RESOURCE}/`, RESOURCE],
    ["with a slash less", RESOURCE, `${RESOURCE}/`],
    ["at the root, without its slash", "https://mcp.example", "https://mcp.example/"],
    ["with the query that a person pasted", `${RESOURCE}?utm_source=x&next=https://a.example/`, RESOURCE],
    ["with an empty query", `${RESOURCE}?`, RESOURCE],
    ["with a slash and a query", `${RESOURCE}/?a`, RESOURCE],
    ["with an upper-case scheme and host", "HTTPS://MCP.Example/mcp", RESOURCE],
    ["where we have upper case", RESOURCE, "https://MCP.example/mcp"],
    ["with the default port of https", "https://mcp.example:443/mcp", RESOURCE],
    ["with an empty port", "https://mcp.example:/mcp", RESOURCE],
    ["with the default port of http", "http://localhost:80/mcp", "http://localhost/mcp"],
    ["where we have the default port", RESOURCE, "https://mcp.example:443/mcp"],
    ["on another port", "HTTP://LOCALHOST:9000/mcp?x", "http://localhost:9000/mcp"],
    ["at an IPv6 address", "http://[::1]:9000/mcp", "http://[::1]:9000/mcp"],
    ["with an encoded path", "https://mcp.example/%7Ea/mcp", "https://mcp.example/%7Ea/mcp"],
  ])("is this one %s", (_how, requested, resource) => {
    expect(refusal([requested], resource)).toBeUndefined();
  });

  it.each([
    ["another host", "https://other.example/mcp"],
    ["a host below it", "https://a.mcp.example/mcp"],
    ["a host that begins like it", "https://mcp.example.evil.example/mcp"],
    ["a host with a dot more", "https://mcp.example./mcp"],
    ["another scheme", "http://mcp.example/mcp"],
    ["another port", "https://mcp.example:8443/mcp"],
    ["the default port of another scheme", "https://mcp.example:80/mcp"],
    ["a port with zeros", "https://mcp.example:0443/mcp"],
    ["a path in another case", "https://mcp.example/MCP"],
    ["a path below it", "https://mcp.example/mcp/x"],
    ["no path", "https://mcp.example"],
    ["two slashes more", "https://mcp.example/mcp//"],
    ["a doubled slash", "https://mcp.example//mcp"],
    ["dot segments", "https://mcp.example/x/../mcp"],
    ["percent-encoding of a letter", "https://mcp.example/%6Dcp"],
    ["percent-encoding of the slash", "https://mcp.example%2Fmcp"],
    ["a fragment", "https://mcp.example/mcp#part"],
    ["an empty fragment", "https://mcp.example/mcp#"],
    ["a fragment behind a query", "https://mcp.example/mcp?a#b"],
    ["a user name", "https://ada@mcp.example/mcp"],
    ["a user name and a password", "https://ada:secret@mcp.example/mcp"],
    ["an empty user name", "https://@mcp.example/mcp"],
    ["our host as a user name", "https://mcp.example@evil.example/mcp"],
    ["backslashes", "https:\\\\mcp.example\\mcp"],
    ["one slash", "https:/mcp.example/mcp"],
    ["a tab in the host", "https://mcp.exa\tmple/mcp"],
    ["a line break at the end", "https://mcp.example/mcp\n"],
    ["a space in front", " https://mcp.example/mcp"],
    ["no URL", "mcp.example/mcp"],
    ["the path alone", "/mcp"],
  ])("is not this one with %s", (_what, requested) => {
    expect(refusal([requested])).toMatchObject({ code: "invalid_target", status: 400 });
  });

  it("is not one whose letters only fold to ours: the Kelvin sign is no k", () => {
    expect(isLetIn("https://\u212Abc.example/mcp", "https://kbc.example/mcp")).toBe(false);
  });

  it("is named in the refusal, with the one that is right here", () => {
    expect(refusal(["https://other.example/mcp"])?.message).toContain("'https://other.example/mcp'");
    expect(refusal(["https://other.example/mcp"])?.message).toContain(RESOURCE);
    expect(refusal([`https://${"x".repeat(5000)}`])?.message.length).toBeLessThan(500);
  });

  it("may be missing, or there several times in several spellings; one other refuses them all", () => {
    expect(refusal([])).toBeUndefined();
    expect(refusal([RESOURCE, `${RESOURCE}/`, `${RESOURCE}?x`])).toBeUndefined();
    expect(refusal([RESOURCE, "https://other.example/mcp"])?.code).toBe("invalid_target");
  });

  it("is let in in every spelling that a URL has, and in no other", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const url = fc.record({
      scheme: fc.constantFrom("http", "https"),
      host: fc.array(word, { minLength: 1, maxLength: 3 }).map((labels) => labels.join(".")),
      port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      path: fc
        .array(fc.stringMatching(/^[A-Za-z0-9%._~-]{1,8}$/), { maxLength: 3 })
        .map((parts) => parts.join("/")),
    });
    const defaultPort = { http: 80, https: 443 };
    type Url = { scheme: string; host: string; port: number | undefined; path: string };
    const write = ({ scheme, host, port, path }: Url) =>
      `${scheme}://${host}${port === undefined ? "" : `:${port}`}${path === "" ? "" : `/${path}`}`;
    const portOf = ({ scheme, port }: Url) => port ?? defaultPort[scheme as "http" | "https"];
    const anyCase = (text: string, bits: readonly boolean[]) =>
      [...text].map((char, i) => (bits[i % bits.length] ? char.toUpperCase() : char)).join("");
    fc.assert(
      fc.property(
        url,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        fc.option(fc.webQueryParameters(), { nil: undefined }),
        (ours, bits, slash, query) => {
          const respelt = write({
            ...ours,
            scheme: anyCase(ours.scheme, bits),
            host: anyCase(ours.host, [...bits].reverse()),
            port: slash ? portOf(ours) : ours.port,
          });
          const asked = `${respelt}${slash ? "/" : ""}${query === undefined ? "" : `?${query}`}`;
          expect(isLetIn(asked, write(ours))).toBe(true);
          expect(isLetIn(`${asked}#`, write(ours))).toBe(false);
          expect(isLetIn(asked.replace("//", "//u@"), write(ours))).toBe(false);
        },
      ),
    );
    fc.assert(
      fc.property(url, url, (ours, other) => {
        const same = ours.scheme === other.scheme && ours.host === other.host && ours.path === other.path;
        expect(isLetIn(write(other), write(ours))).toBe(same && portOf(ours) === portOf(other));
      }),
    );
  });

  it("never throws anything but its refusal, whatever is sent", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void refusal([text])));
  });
});
