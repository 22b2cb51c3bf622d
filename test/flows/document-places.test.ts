import { describe, expect, it } from "vitest";
import { SafeFetchError } from "../../src/platform/safe-fetch.ts";
import { authorizeUrl, newPkce } from "../support/client.ts";
import { startServer } from "../support/server.ts";

const ORIGIN = "https://mcp.example";

/** A server for which every host of a document is slow, and how many were asked. */
async function startAmongSlowHosts() {
  const held = Promise.withResolvers<void>();
  let asked = 0;
  const fetchDocument = async () => {
    asked += 1;
    await held.promise;
    throw new SafeFetchError("unreachable", "it took too long");
  };
  const server = await startServer({}, { fetchDocument });
  return { server, asked: () => asked, release: held.resolve };
}

const ENDPOINTS: readonly (readonly [string, (clientId: string) => Request])[] = [
  ["/authorize", (clientId) => new Request(authorizeUrl(clientId, newPkce().challenge))],
  ...["token", "revoke", "introspect"].map(
    (endpoint) =>
      [
        `/${endpoint}`,
        (clientId: string) =>
          new Request(`${ORIGIN}/oauth/${endpoint}`, {
            method: "POST",
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: new URLSearchParams({
              client_id: clientId,
              token: "x",
              grant_type: "refresh_token",
            }).toString(),
          }),
      ] as const,
  ),
];

describe("documents that strangers name", () => {
  it.each(ENDPOINTS)(
    "at %s, one network fetches eight at a time, and others go on",
    async (_, requestFor) => {
      const { server, asked, release } = await startAmongSlowHosts();
      const ask = (host: number, address: string) =>
        server.fetch(requestFor(`https://host-${host}.example/client`), { address });
      const first = Array.from({ length: 8 }, (__, host) => ask(host, "203.0.113.7"));
      await expect.poll(asked).toBe(8);
      const ninth = await ask(8, "203.0.113.7");
      expect(await ninth.text()).toContain("Too many client metadata documents are being fetched.");
      const elsewhere = ask(9, "198.51.100.7");
      await expect.poll(asked).toBe(9);
      release();
      await Promise.all([...first, elsewhere]);
    },
  );
});
