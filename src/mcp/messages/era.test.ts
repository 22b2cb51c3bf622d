import { isLegacyRequest } from "@modelcontextprotocol/server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLegacyPost } from "./era.ts";

const version = fc.constantFrom("2026-07-28", "2025-11-25", "2025-03-26", "1999-01-01", "v999", 7, undefined);
const meta = fc.option(
  fc.record(
    {
      "io.modelcontextprotocol/protocolVersion": version,
      "io.modelcontextprotocol/clientCapabilities": fc.constantFrom({}, null),
      other: fc.constant(1),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const method = fc.constantFrom("tools/call", "initialize", "server/discover", "notifications/x", "made/up");
const wellFormed = fc.record(
  {
    jsonrpc: fc.constant("2.0"),
    id: fc.constantFrom(1, "a"),
    method,
    params: fc.record({ _meta: meta, protocolVersion: version }, { requiredKeys: [] }),
  },
  { requiredKeys: ["jsonrpc", "method"] },
);
const response = fc.record({ jsonrpc: fc.constant("2.0"), id: fc.constant(1), result: fc.constant({}) });
const headers = fc.option(
  version.filter((value) => typeof value === "string"),
  { nil: undefined },
);

function request(header: string | undefined): Request {
  return new Request("https://mcp.example/mcp", {
    method: "POST",
    headers: header === undefined ? {} : { "mcp-protocol-version": header },
    body: "{}",
  });
}

/** Without the members that JSON leaves out. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the era of a POST", () => {
  it("of a message is what the SDK says", async () => {
    const bodies = fc.oneof(wellFormed, response, fc.array(fc.oneof(wellFormed, response), { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (body, header) => {
        const said = await isLegacyPost(request(header), asJson(body));
        expect(said).toBe(await isLegacyRequest(request(header), asJson(body)));
      }),
      { numRuns: 2000 },
    );
  });

  it("of anything else is modern only where the SDK says so: what is modern here is not legacy there", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json().map((text) => JSON.parse(text)),
          wellFormed,
        ),
        headers,
        async (body, header) => {
          if (await isLegacyPost(request(header), asJson(body))) return;
          expect(await isLegacyRequest(request(header), asJson(body))).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
