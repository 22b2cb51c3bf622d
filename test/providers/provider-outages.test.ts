import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOAuthServer, type OAuthServer, type ProviderOptions, protect } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { callTool, connect, postForm } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { startOidcProvider } from "../support/oidc-provider.ts";

// A real provider that replaces its keys, goes away and comes back, under a guard that goes on running.

const RESOURCE = "https://mcp.example/mcp";
const RESOURCE_SERVER = { clientId: "mcp-server", clientSecret: "the secret of the resource server" };

const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  // The provider warns of its memory, and of signing people in without a page.
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

const FORMATS = {
  jwt: { options: {}, provider: { accessTokenFormat: "jwt" } },
  opaque: {
    options: { introspection: RESOURCE_SERVER },
    provider: { accessTokenFormat: "opaque", resourceServer: RESOURCE_SERVER },
  },
} as const;

async function start(format: keyof typeof FORMATS) {
  const { options, provider: more } = FORMATS[format];
  const provider = await startOidcProvider({ resource: RESOURCE, ...more });
  let skew = 0;
  let isUp = true;
  closing.push(async () => isUp && provider.close());
  const { guard } = protect({
    issuer: provider.issuer,
    audience: RESOURCE,
    resource: RESOURCE,
    log: silentLog,
    clock: () => Date.now() + skew,
    ...options,
  });
  return {
    provider,
    async status(token: string) {
      const answer = await guard(new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } }));
      if (!(answer instanceof Response)) return answer.person.id;
      if (answer.status === 503) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
      if (answer.status === 503) expect(answer.headers.get("www-authenticate")).toBeNull();
      return answer.status;
    },
    pass(seconds: number) {
      skew += seconds * 1000;
    },
    async takeDown() {
      await provider.takeDown();
      isUp = false;
    },
    async bringBack() {
      await provider.bringBack();
      isUp = true;
    },
  };
}

describe("a provider that replaces its keys while the guard runs", () => {
  it("is followed: tokens of the key before and of the new one open, without a restart", async () => {
    const { provider, status } = await start("jwt");
    const before = await provider.newToken();
    expect(await status(before)).toBe("ada");
    provider.rotateKeys("kept");
    const after = await provider.newToken();
    expect(kidOf(after)).not.toBe(kidOf(before));
    expect(await status(after)).toBe("ada");
    expect(await status(await provider.newToken())).toBe("ada");
    expect(await status(before)).toBe("ada");
  });

  it("and a key that it has dropped opens nothing that was not open before", async () => {
    const { provider, status, pass } = await start("jwt");
    const unseen = await provider.newToken();
    expect(await status(await provider.newToken())).toBe("ada");
    provider.rotateKeys("dropped");
    expect(await status(await provider.newToken())).toBe("ada");
    pass(31);
    expect(await status(unseen)).toBe(401);
  });
});

describe("a provider that goes and comes back", () => {
  it("with JWTs: whose key is known is let in; whose key is not, waits until it is back", async () => {
    const { provider, status, pass, takeDown, bringBack } = await start("jwt");
    const [seen, unseen] = [await provider.newToken(), await provider.newToken()];
    expect(await status(seen)).toBe("ada");
    provider.rotateKeys("kept");
    const rotated = await provider.newToken();
    await takeDown();
    pass(31);
    expect(await status(rotated)).toBe(503);
    expect(await status(seen)).toBe("ada");
    expect(await status(unseen)).toBe("ada");
    await bringBack();
    pass(6);
    expect(await status(rotated)).toBe("ada");
    expect(await status(await provider.newToken())).toBe("ada");
  });

  it("with JWTs, before its keys were ever fetched: everybody waits, and nobody's token is called bad", async () => {
    const { provider, status, pass, takeDown, bringBack } = await start("jwt");
    const token = await provider.newToken();
    await takeDown();
    for (let i = 0; i < 3; i++) expect(await status(token)).toBe(503);
    await bringBack();
    pass(6);
    expect(await status(token)).toBe("ada");
  });

  it("with opaque tokens: who was asked about lately is let in; who was not, waits until it is back", async () => {
    const { provider, status, pass, takeDown, bringBack } = await start("opaque");
    const [seen, unseen] = [await provider.newToken(), await provider.newToken()];
    expect(await status(seen)).toBe("ada");
    await takeDown();
    expect(await status(seen)).toBe("ada");
    expect(await status(unseen)).toBe(503);
    // Whether it was revoked in the meantime, nobody can tell.
    pass(61);
    expect(await status(seen)).toBe(503);
    await bringBack();
    pass(6);
    for (const token of [seen, unseen, await provider.newToken()]) expect(await status(token)).toBe("ada");
    expect(await status("made-up")).toBe(401);
  });
});

describe("a provider beside the embedded server", () => {
  async function startBeside(format: keyof typeof FORMATS) {
    const { options, provider: more } = FORMATS[format];
    const provider = await startOidcProvider({ resource: RESOURCE, ...more });
    closing.push(provider.close);
    const alsoAccept: ProviderOptions = {
      issuer: provider.issuer,
      audience: RESOURCE,
      samePeople: true,
      ...options,
    };
    const server: OAuthServer = createOAuthServer("Notes", () => "ada", {
      publicUrl: "https://mcp.example",
      database: ":memory:",
      secret: "a secret that is as long as it has to be",
      alsoAccept,
      log: silentLog,
    });
    server.registerTool("whoami", { description: "Who is asking." }, ({ auth }) => ({
      content: [{ type: "text", text: `${auth.person.id} of ${auth.issuer}` }],
    }));
    closing.push(server.close);
    return { provider, server };
  }

  it.each(["jwt", "opaque"] as const)("opens the same tools, with tokens of either: %s", async (format) => {
    const { provider, server } = await startBeside(format);
    const [own, theirs] = [await connect(server), await provider.newToken()];
    expect(await textOf(await callTool(server, own.access_token))).toBe("ada of https://mcp.example");
    expect(await textOf(await callTool(server, theirs))).toBe(`ada of ${provider.issuer}`);
    await postForm(server, "/oauth/revoke", { client_id: own.clientId, token: own.access_token });
    expect((await callTool(server, own.access_token)).status).toBe(401);
    expect((await callTool(server, theirs)).status).toBe(200);
  });
});

function kidOf(token: string): unknown {
  const [header = ""] = token.split(".");
  return claimsOf(`.${header}`).kid;
}
