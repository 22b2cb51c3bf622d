import { describe, expect, it, vi } from "vitest";
import { createOAuthServer, type Log, type ProviderOptions, protect } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { callTool, connect } from "../support/client.ts";
import { AUDIENCE } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";

// Tokens that only the operator's own code can read: `verify` says what they say, or that they are not good.

const NOW = Date.UTC(2026, 10, 1);
const SECONDS = NOW / 1000;
const GOOD = { aud: AUDIENCE, sub: "ada", scope: "mcp" };

type Verify = NonNullable<ProviderOptions["verify"]>;

function start(verify: unknown) {
  const clock = { now: NOW };
  const reasons: unknown[] = [];
  const causes: unknown[] = [];
  const log: Log = {
    event: (_name, fields: { readonly reason?: unknown }) => reasons.push(fields.reason),
    error: (_message, fields) => causes.push(fields?.cause),
    info() {},
    debug() {},
  };
  const asked: string[] = [];
  const { guard } = protect({
    issuer: "https://idp.example",
    audience: AUDIENCE,
    verify: (token: string) => {
      asked.push(token);
      return typeof verify === "function" ? (verify as Verify)(token) : (verify as never);
    },
    resource: AUDIENCE,
    log,
    clock: () => clock.now,
  });
  const ask = (token = "home-made") =>
    guard(new Request(AUDIENCE, { headers: { authorization: `Bearer ${token}` } }));
  const status = async (token?: string) => {
    const answer = await ask(token);
    return answer instanceof Response ? answer.status : 200;
  };
  return { clock, asked, reasons, causes, ask, status };
}

describe("a token that verify knows", () => {
  it("lets in who it says, with the scopes that it says", async () => {
    const { ask } = start(async () => ({ ...GOOD, name: "Ada", scope: "mcp todo:read", exp: SECONDS + 30 }));
    expect(await ask()).toMatchObject({
      person: { id: "ada", name: "Ada" },
      scopes: ["mcp", "todo:read"],
      issuer: "https://idp.example",
      audience: AUDIENCE,
      expiresAt: SECONDS + 30,
      grantId: null,
    });
  });

  it("is asked about once by all that come together, and then again after a minute, or its end", async () => {
    const { asked, clock, status } = start(async () => GOOD);
    expect(await Promise.all([status(), status(), status()])).toEqual([200, 200, 200]);
    clock.now += 59_000;
    expect(await status()).toBe(200);
    expect(asked).toHaveLength(1);
    clock.now += 1_000;
    expect(await status()).toBe(200);
    expect(asked).toHaveLength(2);
    const short = start(() => ({ ...GOOD, exp: SECONDS + 10 }));
    await short.status();
    short.clock.now += 10_000;
    await short.status();
    expect(short.asked).toHaveLength(2);
  });

  it.each([undefined, null, false, { ...GOOD, active: false }, { ...GOOD, active: "false" }])(
    "is refused where it says %j",
    async (said) => {
      const { status, reasons } = start(said);
      expect(await status()).toBe(401);
      expect(reasons).toEqual(["verify returned undefined: the token is not valid"]);
    },
  );

  it.each<[string, object, string]>([
    ["without an audience", { aud: undefined }, `wrong audience: got none, this server is ${AUDIENCE}`],
    ["for another one", { aud: "x" }, `wrong audience: got x, this server is ${AUDIENCE}`],
    [
      "of another issuer",
      { iss: "https://x.example" },
      "wrong issuer: got https://x.example, expected https://idp.example",
    ],
    ["that is over", { exp: SECONDS - 31 }, "the token has expired"],
    ["not yet good", { nbf: SECONDS + 31 }, "nbf is in the future"],
    ["of nobody", { sub: undefined }, "no person: none of sub is present"],
  ])("is refused %s", async (_what, more, reason) => {
    const { status, reasons } = start({ ...GOOD, ...more });
    expect(await status()).toBe(401);
    expect(reasons).toEqual([reason]);
  });
});

describe("a verify that cannot tell is an outage, and nobody's token is bad", () => {
  it.each<[string, unknown]>([
    [
      "throws",
      () => {
        throw new Error("directory is down");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("directory is down"))],
  ])("%s", async (_what, verify) => {
    const { ask, causes } = start(verify);
    const answer = await ask();
    if (!(answer instanceof Response)) throw new Error("let in");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(await answer.text()).not.toContain("directory");
    expect(causes).toMatchObject([{ detail: "verify threw", cause: { message: "directory is down" } }]);
  });

  it.each([true, "ada", 7, [GOOD], () => GOOD])("answers something else than claims: %s", async (said) => {
    const { status, causes } = start(() => said as never);
    expect(await status()).toBe(503);
    expect(causes).toMatchObject([
      { detail: expect.stringMatching(/^verify returned .*; it must return claims, or undefined/) },
    ]);
  });

  it("hangs: five seconds, and the next request asks again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { asked, status, causes } = start(() => new Promise(() => {}));
      const waiting = status();
      await vi.advanceTimersByTimeAsync(4_999);
      expect(causes).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(await waiting).toBe(503);
      expect(causes).toMatchObject([{ detail: "verify did not answer within 5 seconds" }]);
      void status();
      expect(asked).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("verify as an option", () => {
  const provider = { issuer: "https://idp.example", audience: AUDIENCE };

  it("is there for a server in front of a provider, and for one beside it", async () => {
    const verify: Verify = (token) => (token === "home-made" ? GOOD : undefined);
    const options = { publicUrl: "https://mcp.example", database: ":memory:", log: silentLog };
    const secret = "a secret that is as long as it has to be";
    const inFront = createOAuthServer("x", { authorization: { ...provider, verify } }, options);
    const beside = createOAuthServer("x", () => "ada", {
      ...options,
      secret,
      alsoAccept: { ...provider, verify, personPrefix: "idp:" },
    });
    for (const [server, id] of [
      [inFront, "ada"],
      [beside, "idp:ada"],
    ] as const) {
      server.registerTool("whoami", { description: "Who." }, ({ person }) => ({
        content: [{ type: "text", text: person.id }],
      }));
      expect(await textOf(await callTool(server, "home-made"))).toBe(id);
      expect((await callTool(server, "made-up")).status).toBe(401);
    }
    expect(await textOf(await callTool(beside, (await connect(beside)).access_token))).toBe("ada");
    await inFront.close();
    await beside.close();
  });

  it("is also asked about a JWT that names no issuer, and never about one that names another", async () => {
    const { asked, status } = start(GOOD);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const header = part({ alg: "HS256" });
    const [nameless, other] = [
      `${header}.${part({ sub: "ada" })}.AAAA`,
      `${header}.${part({ iss: "https://x" })}.AAAA`,
    ];
    expect(await status(nameless)).toBe(200);
    expect(await status(other)).toBe(401);
    expect(asked).toEqual([nameless]);
  });

  it.each<[object, RegExp]>([
    [{ verify: true }, /^verify is true; it must be a function/],
    [
      { verify: () => GOOD, introspection: { clientId: "a", clientSecret: "b" } },
      /^introspection and verify are both given\. Keep one of them\.$/,
    ],
    [
      { verify: () => GOOD, tokeninfo: "https://idp.example/tokeninfo" },
      /^tokeninfo and verify are both given\. Keep one of them\.$/,
    ],
  ])("%j is refused with a sentence", (more, sentence) => {
    expect(() => protect({ ...provider, resource: AUDIENCE, ...more } as never)).toThrow(sentence);
  });
});
