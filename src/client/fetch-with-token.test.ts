import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type Asked,
  issued,
  type ScriptedServer,
  startScripted,
  testTime,
} from "../../test/support/token-endpoint.ts";
import { ConfigurationError, TokenManager } from "./index.ts";

let open: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
});
async function scripted(answer: Parameters<typeof startScripted>[0]): Promise<ScriptedServer> {
  const server = await startScripted(answer);
  open.push(server);
  return server;
}

/** An API that takes the tokens of this list, and a manager whose tokens are t1, t2 … */
async function apiTaking(good: readonly string[], answer?: (asked: Asked) => Answer) {
  const tokenEndpoint = await scripted((_, count) => issued(`t${count}`));
  const api = await scripted((asked) => {
    const token = asked.headers.authorization?.replace("Bearer ", "") ?? "";
    if (!good.includes(token)) return { status: 401, body: { error: "invalid_token" } };
    return answer?.(asked) ?? { body: { ok: true } };
  });
  const time = testTime();
  const tokens = new TokenManager({
    tokenEndpoint: tokenEndpoint.url,
    clientId: "reports",
    clientSecret: "s3cret",
    ...time.options,
  });
  return {
    ...time,
    api,
    tokens,
    tokenEndpoint,
    sent: () => api.asked.map(({ headers }) => headers.authorization),
  };
}

const stream = () => new Blob(["the body"]).stream();

describe("fetch with a token", () => {
  it("has it in the header, beside the caller's own, whatever stood there", async () => {
    const { tokens, api } = await apiTaking(["t1"]);
    const { fetch } = tokens;
    const request = new Request(`${api.url}/x`, { headers: { "x-own": "1", authorization: "Basic x" } });
    expect((await fetch(request)).status).toBe(200);
    expect((await fetch(new URL(api.url), { headers: [["x-own", "2"]] })).status).toBe(200);
    expect(api.asked.map(({ headers }) => [headers.authorization, headers["x-own"]])).toEqual([
      ["Bearer t1", "1"],
      ["Bearer t1", "2"],
    ]);
  });

  it.each<[string, (url: string) => Parameters<typeof fetch>]>([
    ["text", (url) => [url, { method: "POST", body: "the body" }]],
    ["bytes", (url) => [url, { method: "POST", body: new TextEncoder().encode("the body") }]],
    ["a blob", (url) => [url, { method: "POST", body: new Blob(["the body"]) }]],
    ["a request with a body", (url) => [new Request(url, { method: "POST", body: "the body" })]],
    [
      "a request with a stream",
      (url) => [new Request(url, { method: "POST", body: stream(), duplex: "half" })],
    ],
    [
      "a request whose body is replaced",
      (url) => [new Request(url, { method: "POST" }), { body: "the body" }],
    ],
  ])("renews it once on a 401, and sends the same again: %s", async (_what, request) => {
    const { tokens, api, sent, tokenEndpoint } = await apiTaking(["t2"]);
    expect((await tokens.fetch(...request(api.url))).status).toBe(200);
    expect(sent()).toEqual(["Bearer t1", "Bearer t2"]);
    expect(api.asked.map(({ body }) => body)).toEqual(["the body", "the body"]);
    expect(await tokens.getToken()).toBe("t2");
    expect(tokenEndpoint.asked).toHaveLength(2);
  });

  it.each<[string, () => RequestInit["body"]]>([
    ["a stream", stream],
    ["a stream of Node", () => Readable.from(["the body"]) as unknown as RequestInit["body"]],
  ])("hands a 401 over where the body was %s; the next request has a new token", async (_what, body) => {
    const { tokens, api, sent } = await apiTaking(["t2"]);
    const init = { method: "POST", body: body(), duplex: "half" } as RequestInit;
    const refused = await tokens.fetch(api.url, init);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ error: "invalid_token" });
    expect((await tokens.fetch(api.url)).status).toBe(200);
    expect(sent()).toEqual(["Bearer t1", "Bearer t2"]);
  });

  it("gives the second 401 to the caller, and asks for no third token for a while", async () => {
    const { tokens, api, sent, tokenEndpoint, pass } = await apiTaking([]);
    expect((await tokens.fetch(api.url)).status).toBe(401);
    expect(sent()).toEqual(["Bearer t1", "Bearer t2"]);
    for (let i = 0; i < 20; i += 1) expect((await tokens.fetch(api.url)).status).toBe(401);
    expect(tokenEndpoint.asked).toHaveLength(2);
    pass(30);
    await tokens.fetch(api.url);
    expect(tokenEndpoint.asked).toHaveLength(3);
  });

  it("renews it once for all that were refused at the same time", async () => {
    const { tokens, api, tokenEndpoint } = await apiTaking(["t2"]);
    const answers = await Promise.all(Array.from({ length: 50 }, () => tokens.fetch(api.url)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(tokenEndpoint.asked).toHaveLength(2);
  });

  it("does not renew it for a 403, which another token would not change", async () => {
    const { tokens, api, tokenEndpoint } = await apiTaking(["t1"], () => ({ status: 403, body: {} }));
    expect((await tokens.fetch(api.url)).status).toBe(403);
    expect(tokenEndpoint.asked).toHaveLength(1);
  });

  it("follows a redirect on the same origin with the token", async () => {
    const { tokens, api, sent } = await apiTaking(["t1"], ({ path }) =>
      path === "/old" ? { status: 307, headers: { location: "/new" }, body: {} } : { body: {} },
    );
    expect((await tokens.fetch(`${api.url}/old`)).status).toBe(200);
    expect(sent()).toEqual(["Bearer t1", "Bearer t1"]);
  });

  it.each([302, 307, 308])(
    "follows a %i to another origin without it, and renews nothing there",
    async (status) => {
      const elsewhere = await scripted(() => ({ status: 401, body: { whose: "elsewhere" } }));
      const { tokens, api, tokenEndpoint } = await apiTaking(["t1"], () => ({
        status,
        headers: { location: `${elsewhere.url}/x` },
        body: {},
      }));
      const answer = await tokens.fetch(api.url, { method: "POST", body: "the body" });
      expect(await answer.json()).toEqual({ whose: "elsewhere" });
      expect(elsewhere.asked.map(({ headers }) => headers.authorization)).toEqual([undefined]);
      expect(tokenEndpoint.asked).toHaveLength(1);
    },
  );

  it.each(["http://mcp.example/mcp", "ftp://mcp.example/", "https://user:password@mcp.example/"])(
    "never sends it to %s",
    async (target) => {
      const { tokens, tokenEndpoint } = await apiTaking([]);
      await expect(tokens.fetch(target)).rejects.toThrow(ConfigurationError);
      await expect(tokens.fetch(target)).rejects.not.toThrow(/password@/);
      expect(tokenEndpoint.asked).toEqual([]);
    },
  );

  it("rejects where there is no token, and asks nobody else", async () => {
    const tokenEndpoint = await scripted(() => ({ status: 401, body: { error: "invalid_client" } }));
    const api = await scripted(() => ({ body: {} }));
    const options = { tokenEndpoint: tokenEndpoint.url, clientId: "a", clientSecret: "b" };
    await expect(new TokenManager(options).fetch(api.url)).rejects.toThrow("invalid_client");
    expect(api.asked).toEqual([]);
  });
});
