import { inspect } from "node:util";
import { generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  allowUnresolvedDocumentHosts,
  type CreateOptions,
  createOAuthServer,
  type Log,
  protect,
} from "../../src/index.ts";
import { authorizeUrl, newPkce, RESOURCE } from "../support/client.ts";
import { type ConnectProxy, startProxy } from "../support/connect-proxy.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const { challenge } = newPkce();

/** A proxy that the environment names, with a password, and that lets nothing through. */
async function refusingProxy(): Promise<ConnectProxy> {
  const proxy = await startProxy();
  proxy.refuse(403);
  vi.stubEnv("HTTPS_PROXY", proxy.url.replace("://", "://ada:lovelace@"));
  return proxy;
}

/** A log whose lines a test reads. */
function keptLog(): { readonly log: Log; text(): string } {
  const lines: unknown[] = [];
  const keep = (...line: readonly unknown[]) => lines.push(line);
  return {
    log: { event: keep, error: keep, info: keep, debug: keep },
    text: () => inspect(lines, { depth: 10 }),
  };
}

async function askFor(clientId: string, options: CreateOptions = {}) {
  const { log, text } = keptLog();
  const server = createOAuthServer("x", () => null, {
    database: ":memory:",
    publicUrl: "https://mcp.example",
    log,
    ...options,
  });
  onTestFinished(() => server.close());
  const answer = await server.fetch(new Request(authorizeUrl(clientId, challenge)));
  return { status: answer.status, page: await answer.text(), lines: text() };
}

const withToken = async () => {
  const token = await new SignJWT({ sub: "ada" })
    .setProtectedHeader({ alg: "ES256", kid: "k", typ: "at+jwt" })
    .setIssuer("https://idp.example")
    .setAudience(RESOURCE)
    .setExpirationTime("5m")
    .sign((await generateKeyPair("ES256")).privateKey);
  return new Request(RESOURCE, { method: "POST", headers: { authorization: `Bearer ${token}` } });
};

const PROVIDER = { issuer: "https://idp.example", audience: RESOURCE };

describe("behind HTTPS_PROXY", () => {
  it("a document is asked for by its address, and a refusal is an outage with its reason in the log", async () => {
    const proxy = await refusingProxy();
    const { status, page, lines } = await askFor("https://8.8.8.8/client");
    expect(status).toBe(400);
    expect(page).toContain("document can&#39;t be fetched now");
    expect(page).not.toContain("proxy");
    expect(proxy.asked).toEqual(["8.8.8.8:443"]);
    expect(lines).toContain(`the proxy ${proxy.url} answered 403 to CONNECT 8.8.8.8:443`);
    expect(lines + page).not.toMatch(/lovelace|YWRhOmxv/);
  });

  it("NO_PROXY and lower case count", async () => {
    const proxy = await refusingProxy();
    vi.stubEnv("no_proxy", "*");
    await askFor("https://[2001:4860:4860::8888]:1/client");
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    [{}, []],
    [{ [allowUnresolvedDocumentHosts]: true }, ["client.invalid:443"]],
  ])(
    "a name without an address is for the proxy to resolve only with the option: %j",
    async (options, asked) => {
      const proxy = await refusingProxy();
      expect((await askFor("https://client.invalid/client", options)).page).toContain("be fetched now");
      expect(proxy.asked).toEqual(asked);
    },
  );

  it("the variable of the option counts as well", async () => {
    const proxy = await refusingProxy();
    vi.stubEnv("GATEHOUSE_ALLOW_UNRESOLVED_DOCUMENT_HOSTS", "true");
    await askFor("https://client.invalid/client");
    expect(proxy.asked).toEqual(["client.invalid:443"]);
  });

  it("a provider is asked by name, and the answer is the one of an outage", async () => {
    const proxy = await refusingProxy();
    const { log, text } = keptLog();
    const server = createOAuthServer(
      "x",
      { authorization: PROVIDER },
      { publicUrl: "https://mcp.example", log },
    );
    onTestFinished(() => server.close());
    expect((await server.fetch(await withToken())).status).toBe(503);
    expect(new Set(proxy.asked)).toEqual(new Set(["idp.example:443"]));
    expect(text()).toContain(`the proxy ${proxy.url} answered 403 to CONNECT idp.example:443`);
    expect(text()).not.toMatch(/lovelace|YWRhOmxv/);
  });

  it("protect asks its provider so as well", async () => {
    const proxy = await refusingProxy();
    const { log, text } = keptLog();
    const { guard } = protect({ ...PROVIDER, resource: RESOURCE, log });
    const answer = await guard(await withToken());
    expect(answer).toMatchObject({ status: 503 });
    expect(new Set(proxy.asked)).toEqual(new Set(["idp.example:443"]));
    expect(text()).toContain(`the proxy ${proxy.url} answered 403`);
  });

  it("a variable that is no proxy stops the start, without its password", () => {
    vi.stubEnv("HTTPS_PROXY", "socks5://ada:lovelace@proxy.example");
    const ways = [
      () => createOAuthServer("x", () => null),
      () => createOAuthServer("x", { authorization: PROVIDER }),
      () => protect({ ...PROVIDER, resource: RESOURCE }),
    ];
    for (const way of ways) {
      expect(way).toThrow(
        /^HTTPS_PROXY is not usable; it must be the http:\/\/ or https:\/\/ URL of a proxy/,
      );
      expect(way).not.toThrow(/lovelace/);
    }
  });
});
