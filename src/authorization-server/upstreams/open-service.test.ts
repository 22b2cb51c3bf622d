import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SERVICE_CLIENT, type ServiceDouble, startService } from "../../../test/support/service-double.ts";
import type { OAuthUpstreamOptions } from "../../config/upstreams/oauth-options.ts";
import { readParams } from "../../core/params.ts";
import { githubUpstream, googleUpstream, oauthUpstream } from "./functions.ts";
import { openService } from "./open-service.ts";
import { UpstreamFailure } from "./service.ts";

const ASKED = {
  state: "the-state-of-this-connection-0123456789abcdefgh",
  // RFC 7636, appendix B.
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  redirectUri: "https://mcp.example/oauth/callback/acme",
};

let service: ServiceDouble;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

const open = (changes: Partial<OAuthUpstreamOptions> = {}) =>
  openService(
    oauthUpstream({
      label: "Acme",
      issuer: service.url,
      scopes: ["read", "write"],
      ...SERVICE_CLIENT,
      ...changes,
    }),
    { fetch: (url, init) => fetch(url, init), clock: Date.now },
  );

/** What the service sends the browser back with. */
async function approved(at: ReturnType<typeof open>, more: Readonly<Record<string, string>> = {}) {
  const there = await fetch(await at.authorizationUrl(ASKED), { redirect: "manual" });
  const { searchParams } = new URL(there.headers.get("location") ?? "");
  for (const [name, value] of Object.entries(more)) searchParams.set(name, value);
  return { ...ASKED, params: readParams(searchParams.toString()) };
}
const problem = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof UpstreamFailure ? error.problem : error),
  );

describe("authorizationUrl (RFC 6749 §4.1.1, RFC 7636)", () => {
  it("asks for a code with PKCE, and for nothing that was not asked for", async () => {
    const url = new URL(await open({ parameters: { audience: "api" } }).authorizationUrl(ASKED));
    expect(url.origin + url.pathname).toBe(`${service.url}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      client_id: SERVICE_CLIENT.clientId,
      redirect_uri: ASKED.redirectUri,
      scope: "read write",
      state: ASKED.state,
      audience: "api",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    expect(url.href).not.toContain(SERVICE_CLIENT.clientSecret);
    expect(new URL(await open({ scopes: [] }).authorizationUrl(ASKED)).searchParams.has("scope")).toBe(false);
  });

  it("goes where the options say, without metadata", async () => {
    const given = {
      issuer: undefined,
      authorizationUrl: "https://acme.example/auth?tenant=1",
      tokenUrl: "https://acme.example/token",
    };
    expect(await open(given).authorizationUrl(ASKED)).toMatch(
      /^https:\/\/acme\.example\/auth\?tenant=1&response_type=code&/,
    );
  });

  it.each([
    ["names another issuer", { issuer: "https://evil.example" }, "wrong_answer"],
    [
      "names an endpoint in the clear",
      { authorization_endpoint: "http://acme.example/authorize" },
      "no_answer",
    ],
  ] as const)("is none where the metadata %s", async (_what, metadata, expected) => {
    service.say({ metadata });
    expect(await problem(open().authorizationUrl(ASKED))).toBe(expected);
  });
});

describe("exchange", () => {
  it("gives the tokens, what was granted, and whose account it is", async () => {
    service.say({ more: { scope: "read,extra" } });
    const at = open();
    const tokens = await at.exchange(await approved(at));
    expect(tokens).toMatchObject({ expiresInSeconds: 3600, scopes: ["read", "extra"], account: "ada-there" });
    expect(service.accountOf(tokens.accessToken)).toBe("ada-there");
  });

  it("takes an account that can't be told for none, and no account for more than a line", async () => {
    for (const [account, expected] of [
      [{ email: "ada@acme.example", login: "ada" }, "ada@acme.example"],
      [{ name: "x".repeat(5000) }, "x".repeat(100)],
      [{ login: { nested: true } }, ""],
      [[], ""],
    ] as const) {
      service.say({ account });
      const at = open();
      expect((await at.exchange(await approved(at))).account).toBe(expected);
    }
    const at = open({ accountUrl: `${service.url}/nowhere`, accountField: "login" });
    service.say({ account: undefined });
    expect((await at.exchange(await approved(at))).account).toBe("ada-there");
  });

  it.each([
    ["without a code", { code: "" }, "wrong_answer"],
    ["with a code of someone else", { code: "stolen" }, "wrong_answer"],
    ["of another issuer (RFC 9207)", { iss: "https://evil.example" }, "wrong_answer"],
    ["that says no", { error: "access_denied" }, "denied"],
    ["that says to come again", { error: "temporarily_unavailable" }, "no_answer"],
  ])("takes no answer %s", async (_what, more, expected) => {
    const at = open();
    expect(await problem(at.exchange(await approved(at, more)))).toBe(expected);
  });

  it("takes no answer without an iss where the metadata promise one (RFC 9207 §2.4)", async () => {
    service.say({ metadata: { authorization_response_iss_parameter_supported: true } });
    const at = open();
    expect(await problem(at.exchange(await approved(at)))).toBe("wrong_answer");
    const answered = await at.exchange(await approved(at, { iss: service.url }));
    expect(answered.account).toBe("ada-there");
  });

  it("takes no iss of another host where the issuer is not known", async () => {
    const known = { authorizationUrl: `${service.url}/authorize`, tokenUrl: `${service.url}/token` };
    const at = open({ issuer: undefined, accountUrl: `${service.url}/me`, ...known });
    expect(await problem(at.exchange(await approved(at, { iss: "https://evil.example" })))).toBe(
      "wrong_answer",
    );
    expect(await at.exchange(await approved(at, { iss: `${service.url}/login` }))).toMatchObject({
      account: "ada-there",
    });
  });

  it("says nothing of a code or a secret where it fails", async () => {
    const at = open({ clientSecret: "wrong-secret-of-ours", authentication: "client_secret_post" });
    const answer = await approved(at);
    const error = (await at.exchange(answer).catch((thrown: unknown) => thrown)) as Error;
    const { inspect } = await import("node:util");
    expect(error.message).toMatch(/answered 401 "invalid_client" \(the client secret or key may be wrong/);
    for (const secret of ["wrong-secret-of-ours", answer.params.get("code") ?? "-", ASKED.codeVerifier]) {
      expect(inspect(error, { depth: 9 })).not.toContain(secret);
    }
  });
});

describe("refresh", () => {
  it.each([
    ["not at all", undefined],
    ["as a text", "3600"],
    ["as no number", "soon"],
    ["as no time", -1],
    ["as longer than any token lives", 1e12],
  ])("takes a life that is said %s as it can", async (_what, expires_in) => {
    const { refreshToken } = service.give("ada-there");
    service.say({ expiresInSeconds: undefined, more: { expires_in } });
    const { expiresInSeconds } = await open().refresh(refreshToken);
    expect(expiresInSeconds).toBe(expires_in === "3600" ? 3600 : undefined);
  });

  it("takes scopes as a text or a list, and no refresh token for what is none", async () => {
    for (const [more, expected] of [
      [{ scope: "read write" }, { scopes: ["read", "write"] }],
      [{ scope: ["read", "write"] }, { scopes: ["read", "write"] }],
      [{ scope: 5 }, { scopes: undefined }],
      [{ refresh_token: null }, { refreshToken: undefined }],
      [{ refresh_token: "a b" }, { refreshToken: undefined }],
    ] as const) {
      service.say({ more });
      expect(await open().refresh(service.give("ada-there").refreshToken)).toMatchObject(expected);
    }
  });

  it.each(["bearer", "Bearer", "BEARER", "bot", "user", null, undefined])(
    "takes a token of the type %j, which is sent as a bearer token",
    async (token_type) => {
      service.say({ more: { token_type } });
      const { accessToken } = await open().refresh(service.give("ada-there").refreshToken);
      expect(service.accountOf(accessToken)).toBe("ada-there");
    },
  );

  const SECRET_TOKEN = "token-that-no-log-has";
  it.each<[string, unknown, string]>([
    ["a form", undefined, "the answer is a form; it must be JSON with an access_token (RFC 6749 §5.1)"],
    [
      "a text",
      "<html>",
      "the answer isn't a JSON object; it must be one with an access_token (RFC 6749 §5.1)",
    ],
    ["a list", [], "the answer isn't a JSON object; it must be one with an access_token (RFC 6749 §5.1)"],
    ["no token", { ok: true }, "access_token is missing; it must be text (RFC 6749 §5.1)"],
    ["null as the token", { access_token: null }, "access_token is null; it must be text (RFC 6749 §5.1)"],
    [
      "a list as the token",
      { access_token: ["a"] },
      "access_token is object; it must be text (RFC 6749 §5.1)",
    ],
    ["an empty token", { access_token: "" }, "access_token is empty"],
    [
      "a token that is too long",
      { access_token: SECRET_TOKEN.repeat(1000) },
      `access_token has ${SECRET_TOKEN.length * 1000} characters; the limit is 16384`,
    ],
    [
      "a token with a space",
      { access_token: `${SECRET_TOKEN} ` },
      "access_token has characters that a header can't carry; it must be visible ASCII without spaces",
    ],
    [
      "another kind of token (RFC 6749 §7.1)",
      { access_token: SECRET_TOKEN, token_type: "mac" },
      'token_type is "mac"; it must be "Bearer" (RFC 6749 §7.1)',
    ],
    [
      "a kind of token that is no text",
      { access_token: SECRET_TOKEN, token_type: 5 },
      'token_type is number; it must be "Bearer" (RFC 6749 §7.1)',
    ],
  ])("that is answered with %s says what is wrong and what would be right", async (_what, body, why) => {
    const { refreshToken } = service.give("ada-there");
    service.say({ answer: { status: 200, body, text: `access_token=${SECRET_TOKEN}&token_type=bearer` } });
    const error = (await open()
      .refresh(refreshToken)
      .catch((thrown: unknown) => thrown)) as UpstreamFailure;
    expect(error).toMatchObject({
      problem: "wrong_answer",
      message: `the token endpoint answered 200: ${why}`,
    });
  });

  it("shows nothing of the refresh token that comes back as the type", async () => {
    const { refreshToken } = service.give("ada-there");
    service.say({ answer: { status: 200, body: { access_token: "a", token_type: refreshToken } } });
    await expect(open().refresh(refreshToken)).rejects.toThrow('token_type is "[hidden]"');
  });

  it("that echoes the token as its error shows nothing of it", async () => {
    const { refreshToken } = service.give("ada-there");
    service.say({ answer: { status: 400, body: { error: `unknown ${refreshToken}` } } });
    const error = (await open()
      .refresh(refreshToken)
      .catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toBe('the token endpoint answered 400 "unknown [hidden]"');
  });
});

describe("the presets", () => {
  it("GitHub's has its endpoints, those of an Enterprise, and its word for a dead token", () => {
    expect(githubUpstream({ clientId: "a", clientSecret: "b" })).toMatchObject({
      label: "GitHub",
      tokenUrl: "https://github.com/login/oauth/access_token",
      accountUrl: "https://api.github.com/user",
      deadCodes: ["bad_refresh_token"],
    });
    expect(
      githubUpstream({ clientId: "a", clientSecret: "b", baseUrl: "https://git.acme.example", label: "Git" }),
    ).toMatchObject({
      label: "Git",
      authorizationUrl: "https://git.acme.example/login/oauth/authorize",
      accountUrl: "https://git.acme.example/api/v3/user",
    });
  });

  it("GitHub's takes an error with status 200 for what it is", async () => {
    const { refreshToken } = service.give("ada-there");
    const at = openService(
      { ...githubUpstream({ clientId: "a", clientSecret: "b" }), tokenUrl: `${service.url}/token` },
      {
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...basic } }),
        clock: Date.now,
      },
    );
    service.say({ answer: { status: 200, body: { error: "bad_refresh_token" } } });
    expect(await problem(at.refresh(refreshToken))).toBe("dead");
    service.say({ answer: { status: 200, body: { error: "incorrect_client_credentials" } } });
    expect(await problem(at.refresh(refreshToken))).toBe("wrong_answer");
  });

  it("Google's asks for a refresh token, also from who connects again", () => {
    expect(googleUpstream({ clientId: "a", clientSecret: "b", scopes: ["email", "x"] })).toMatchObject({
      issuer: "https://accounts.google.com",
      scopes: ["openid", "email", "x"],
      parameters: { access_type: "offline", prompt: "consent" },
    });
  });
});

const basic = { authorization: `Basic ${btoa(`${SERVICE_CLIENT.clientId}:${SERVICE_CLIENT.clientSecret}`)}` };
