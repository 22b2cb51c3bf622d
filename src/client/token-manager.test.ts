import { afterEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type Asked,
  issued,
  type ScriptedServer,
  startScripted,
  testTime,
} from "../../test/support/token-endpoint.ts";
import { TokenError } from "./errors.ts";
import { TokenManager, type TokenManagerOptions } from "./index.ts";

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

/** A manager before a token endpoint that answers by a script, in a time that the test moves. */
async function managed(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer> = (_, count) => issued(`t${count}`),
  options: Partial<TokenManagerOptions> = {},
) {
  const server = await scripted(answer);
  const time = testTime();
  const tokens = new TokenManager({
    tokenEndpoint: `${server.url}/token`,
    clientId: "reports",
    clientSecret: "s3cret",
    ...time.options,
    ...options,
  });
  return { ...time, server, tokens };
}

const errorOf = async (promise: Promise<unknown>): Promise<TokenError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TokenError);
  return error as TokenError;
};

describe("the token request (RFC 6749 §4.4.2)", () => {
  it("says the grant type, who asks, and what was said", async () => {
    const { tokens, server } = await managed(undefined, {
      clientId: "re:ports",
      clientSecret: "s/cret +ü",
      scope: ["todo:read", "todo:write"],
      audience: "https://api.example",
      resource: "https://mcp.example/mcp",
      parameters: { organization: "org_1" },
    });
    expect(await tokens.getToken()).toBe("t1");
    const [asked] = server.asked;
    expect(asked?.method).toBe("POST");
    expect(asked?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(asked?.params ?? [])).toEqual({
      grant_type: "client_credentials",
      scope: "todo:read todo:write",
      audience: "https://api.example",
      resource: "https://mcp.example/mcp",
      organization: "org_1",
    });
    const pair = atob(asked?.headers.authorization?.replace("Basic ", "") ?? "");
    expect(pair).toBe("re%3Aports:s%2Fcret+%2B%C3%BC");
  });

  it("leaves the resource out where the provider refuses it", async () => {
    const { tokens, server } = await managed(undefined, {
      resource: "https://mcp.example/mcp",
      sendResource: false,
    });
    await tokens.getToken();
    expect(server.asked[0]?.params.has("resource")).toBe(false);
  });

  it("has the secret in the body where that is asked for", async () => {
    const { tokens, server } = await managed(undefined, { authenticationMethod: "client_secret_post" });
    await tokens.getToken();
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
    expect(server.asked[0]?.params.get("client_id")).toBe("reports");
    expect(server.asked[0]?.params.get("client_secret")).toBe("s3cret");
  });

  it("can be had without new", async () => {
    const { url } = await scripted(() => issued("t"));
    const tokens = TokenManager({ tokenEndpoint: url, clientId: "a", clientSecret: "b" });
    expect(await tokens.getToken()).toBe("t");
  });
});

describe("the token at hand", () => {
  it("is got with one request, however many ask at once and after", async () => {
    const { tokens, server } = await managed();
    const all = await Promise.all(Array.from({ length: 100 }, () => tokens.getToken()));
    expect(new Set(all)).toEqual(new Set(["t1"]));
    expect(await tokens.getToken()).toBe("t1");
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ["five minutes", 7200, 7200 - 300],
    ["a tenth of its life", 60, 54],
    ["either, which is the same", 3000, 2700],
    ["what is left of five, where nobody says how long it lives", undefined, 270],
    ["a tenth, where the number is text", "60", 54],
  ])("is renewed %s before its end", async (_what, life, renewAt) => {
    const { tokens, server, pass } = await managed((_, count) => ({
      body: { access_token: `t${count}`, token_type: "bearer", ...(life && { expires_in: life }) },
    }));
    await tokens.getToken();
    pass(renewAt - 1);
    expect(await tokens.getToken()).toBe("t1");
    pass(1);
    const all = await Promise.all(Array.from({ length: 100 }, () => tokens.getToken()));
    expect(new Set(all)).toEqual(new Set(["t2"]));
    expect(server.asked).toHaveLength(2);
  });

  it("lives from before the request, not from the answer", async () => {
    const slow = { pass: (_seconds: number) => {} };
    const { tokens, pass } = await managed((_, count) => {
      if (count === 1) slow.pass(30);
      return issued(`t${count}`, 60);
    });
    slow.pass = pass;
    await tokens.getToken();
    pass(24);
    expect(await tokens.getToken()).toBe("t2");
  });

  it("serves until its end where it cannot be renewed, with one attempt in half a minute", async () => {
    const { tokens, server, pass, waits } = await managed((_, count) =>
      count === 1 ? issued("t1", 1000) : { status: 503, body: {} },
    );
    await tokens.getToken();
    pass(900);
    expect(await tokens.getToken()).toBe("t1");
    expect(await tokens.getToken()).toBe("t1");
    expect(server.asked).toHaveLength(2);
    pass(30);
    expect(await tokens.getToken()).toBe("t1");
    expect(server.asked).toHaveLength(3);
    expect(waits).toEqual([]);
    pass(69);
    expect(await tokens.getToken()).toBe("t1");
    pass(1);
    expect((await errorOf(tokens.getToken())).status).toBe(503);
  });

  it("does not serve where its renewal was refused", async () => {
    const { tokens, pass } = await managed((_, count) =>
      count === 1 ? issued("t1", 1000) : { status: 401, body: { error: "invalid_client" } },
    );
    await tokens.getToken();
    pass(900);
    expect((await errorOf(tokens.getToken())).code).toBe("invalid_client");
  });
});

describe("a refused token", () => {
  it("is not given again", async () => {
    const { tokens, server } = await managed();
    tokens.refused(await tokens.getToken());
    expect(await tokens.getToken()).toBe("t2");
    tokens.refused("t2");
    expect(await tokens.getToken()).toBe("t3");
    expect(server.asked).toHaveLength(3);
  });

  it("that is old takes nothing from the new one", async () => {
    const { tokens, server } = await managed();
    tokens.refused(await tokens.getToken());
    await tokens.getToken();
    tokens.refused("t1");
    tokens.refused("never heard of");
    expect(await tokens.getToken()).toBe("t2");
    expect(server.asked).toHaveLength(2);
  });

  it("of several requests of the SDK at once is renewed once, and a server that refuses all gets no flood", async () => {
    const { tokens, server, pass } = await managed();
    await tokens.token();
    await tokens.onUnauthorized();
    expect(await tokens.token()).toBe("t2");
    await tokens.onUnauthorized();
    expect(await tokens.token()).toBe("t2");
    pass(30);
    await tokens.onUnauthorized();
    expect(await tokens.token()).toBe("t3");
    expect(server.asked).toHaveLength(3);
  });
});

describe("an outage", () => {
  it.each<[string, Answer, number[]]>([
    ["no answer", { body: undefined }, [187.5, 375]],
    ["500", { status: 500, body: "oops" }, [187.5, 375]],
    [
      "503 with Retry-After in seconds",
      { status: 503, headers: { "retry-after": "7" }, body: {} },
      [7000, 7000],
    ],
    ["429 with a shorter one", { status: 429, headers: { "retry-after": "0" }, body: {} }, [187.5, 375]],
    [
      "503 with a date",
      { status: 503, headers: { "retry-after": "Sun, 01 Nov 2026 00:00:10 GMT" }, body: {} },
      [10_000, 375],
    ],
    ["temporarily_unavailable", { status: 400, body: { error: "temporarily_unavailable" } }, [187.5, 375]],
  ])("(%s) passes: it is tried again, a little later each time", async (_what, answer, expected) => {
    const { tokens, server, waits } = await managed((_, count) => (count < 3 ? answer : issued("t")));
    const all = await Promise.all([tokens.getToken(), tokens.getToken()]);
    expect(all).toEqual(["t", "t"]);
    expect(waits).toEqual(expected);
    expect(server.asked).toHaveLength(3);
  });

  it("that lasts is told, after four attempts, to everybody who waits", async () => {
    const { tokens, server } = await managed(() => ({ status: 502, body: "<html>" }));
    const errors = await Promise.all([errorOf(tokens.getToken()), errorOf(tokens.getToken())]);
    expect(errors[0]).toBe(errors[1]);
    expect(errors[0]).toMatchObject({ code: "unreachable", status: 502, passing: true });
    expect(errors[0]?.message).toBe(`${server.url}/token answered 502.`);
    expect(server.asked).toHaveLength(4);
    await errorOf(tokens.getToken());
    expect(server.asked).toHaveLength(8);
  });

  it("that is announced to be long is told at once", async () => {
    const { tokens, server, waits } = await managed(() => ({
      status: 503,
      headers: { "retry-after": "3600" },
      body: {},
    }));
    expect(await errorOf(tokens.getToken())).toMatchObject({ retryAfterSeconds: 3600, passing: true });
    expect(server.asked).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it("of the network is told with its reason", async () => {
    const server = await startScripted(() => issued("t"));
    await server.close();
    const time = testTime();
    const tokens = new TokenManager({
      tokenEndpoint: server.url,
      clientId: "a",
      clientSecret: "s3cret",
      ...time.options,
    });
    const error = await errorOf(tokens.getToken());
    expect(error).toMatchObject({ code: "unreachable", passing: true, status: undefined });
    expect(error.message).toContain("ECONNREFUSED");
    expect(time.waits).toEqual([187.5, 375, 750]);
  });

  it("waits each time at random between half and all of it", async () => {
    const chances = [0, 1, 0.999];
    const { tokens, waits } = await managed(() => ({ status: 500, body: {} }), {
      random: () => chances.shift() ?? 0,
    });
    await errorOf(tokens.getToken());
    expect(waits).toEqual([125, 500, 999.5]);
  });
});

describe("a refusal", () => {
  it.each<[string, Answer, string]>([
    [
      "invalid_client",
      { status: 401, body: { error: "invalid_client", error_description: "No such\nclient" } },
      "answered 401 invalid_client (No such?client). Check clientId and the secret or the key.",
    ],
    [
      "invalid_client",
      { status: 503, body: { error: "invalid_client" } },
      "answered 503 invalid_client. Check clientId and the secret or the key.",
    ],
    ["invalid_scope", { status: 400, body: { error: "invalid_scope" } }, "answered 400 invalid_scope."],
    ["unusable_answer", { status: 404, body: "<h1>Not here</h1>" }, "answered 404."],
  ])("(%s) is final: it is not tried again", async (code, answer, sentence) => {
    const { tokens, server, waits } = await managed(() => answer);
    const error = await errorOf(tokens.getToken());
    expect(error.code).toBe(code);
    expect(error.passing).toBe(false);
    expect(error.message).toBe(`${server.url}/token ${sentence}`);
    expect(server.asked).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it("is not remembered: who asks again asks again", async () => {
    const { tokens } = await managed((_, count) =>
      count === 1 ? { status: 401, body: { error: "invalid_client" } } : issued("t"),
    );
    await errorOf(tokens.getToken());
    expect(await tokens.getToken()).toBe("t");
  });

  it("by redirect is none that the credentials follow", async () => {
    const elsewhere = await scripted(() => issued("stolen"));
    const { tokens } = await managed(() => ({ status: 307, headers: { location: elsewhere.url }, body: {} }));
    await errorOf(tokens.getToken());
    expect(elsewhere.asked).toEqual([]);
  });
});

describe("a malformed answer", () => {
  const token = { access_token: "a.b-c", token_type: "Bearer", expires_in: 60 };
  it.each<[string, unknown, string]>([
    ["text", "<html>a login page</html>", "JSON object"],
    ["null", null, "JSON object"],
    ["a list", [token], "JSON object"],
    ["no token", { ...token, access_token: undefined }, "access_token"],
    ["a token with a line break", { ...token, access_token: "a\r\nX-Evil: 1" }, "access_token"],
    ["an empty token", { ...token, access_token: "" }, "access_token"],
    ["another type of token", { ...token, token_type: "DPoP" }, "token_type"],
    ["no type", { ...token, token_type: undefined }, "token_type"],
    ["a life of nothing", { ...token, expires_in: 0 }, "expires_in"],
    ["a life that is no number", { ...token, expires_in: "soon" }, "expires_in"],
  ])("(%s) is no token, and nothing of it is told", async (_what, body, member) => {
    const { tokens, server } = await managed(() => ({ body }));
    const error = await errorOf(tokens.getToken());
    expect(error).toMatchObject({ code: "unusable_answer", status: 200, passing: false });
    expect(error.message).toBe(`${server.url}/token answered 200 without a usable ${member}.`);
    expect(server.asked).toHaveLength(1);
  });

  it("of more than half a megabyte is not read", async () => {
    const { tokens } = await managed(() => ({ body: { ...token, padding: "x".repeat(600_000) } }));
    expect((await errorOf(tokens.getToken())).code).toBe("unreachable");
  });
});
