import { describe, expect, it } from "vitest";
import { github, google, oidc, totp } from "../../src/authorization-server/sign-in/index.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import {
  githubUpstream,
  googleUpstream,
  keyUpstream,
  oauthUpstream,
} from "../../src/authorization-server/upstreams/index.ts";
import type { Upstream } from "../../src/config/upstreams/settings.ts";
import { createOAuthServer } from "../../src/index.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { press, textOf } from "../support/account.ts";
import { codeOf, redeem, tokensOf } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { decide, openBrowser, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import type { TestServer } from "../support/server.ts";
import { startServer } from "../support/server.ts";
import { type GithubDouble, startGithub } from "../support/sign-in/github-double.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityDouble,
  startIdentityDouble,
} from "../support/sign-in/identity-double.ts";
import { goToProvider, leadsTo, signInThere } from "../support/sign-in/journey.ts";
import { type Network, openNetwork } from "../support/sign-in/network.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { linkIn, registerElsewhere, said } from "../support/upstreams.ts";

// A sign-in at a provider also keeps its tokens for tools, where the operator says so.

const CREDENTIALS = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const CALENDAR = "https://calendar.example/read";

type At = { readonly server: TestServer; readonly network: Network };

async function start(
  network: Network,
  signIn: readonly SignInMethod[],
  upstreams: Readonly<Record<string, Upstream>>,
): Promise<At> {
  const server = await startServer({ upstreams }, { signIn, admit: "anyone", fetch: network.fetch });
  server.advance(Math.floor((Date.now() - server.now()) / 1000));
  registerElsewhere(server);
  return { server, network };
}

async function startWithGithub(): Promise<At & { readonly double: GithubDouble }> {
  const network = openNetwork();
  const double = await startGithub(network);
  const signIn = [github({ ...CREDENTIALS, keepTokens: { as: "github", scopes: ["repo"] } })];
  return { double, ...(await start(network, signIn, { github: githubUpstream(CREDENTIALS) })) };
}

/** A provider whose tokens end in an hour, as the upstream `github` for the tool of the helpers. */
async function startWithOidc(keep = true): Promise<At & { readonly double: IdentityDouble }> {
  const network = openNetwork();
  const clock = { now: Date.now };
  const double = await startIdentityDouble({ now: () => clock.now() });
  const { issuer } = double;
  const keepTokens = keep ? { as: "github", scopes: [CALENDAR] } : undefined;
  const upstream = oauthUpstream({ label: "Provider", issuer, ...CREDENTIALS });
  const at = await start(network, [oidc({ issuer, ...CREDENTIALS, keepTokens })], { github: upstream });
  clock.now = at.server.now;
  return { double, ...at };
}

/** A sign-in with the provider for a client, up to its tokens. */
async function signIn({ server, network }: At, name: string) {
  const there = await goToProvider(server, name);
  const callback = await signInThere(there, network);
  const answer = await there.browser.request(callback.href);
  expect(leadsTo(answer)).toBe("/oauth/consent");
  const state = stateOf(answer.headers.get("location"));
  const approved = await decide(there.browser, state, "approve", ["mcp"]);
  const code = codeOf(approved.headers.get("location"));
  return {
    ...there,
    ...(await tokensOf(redeem(server, there.clientId, { code, verifier: there.verifier }))),
  };
}

async function onlyPerson({ store, now }: TestServer): Promise<string> {
  const people = await store.listPeople({ now: now(), limit: 10 });
  expect(people).toHaveLength(1);
  return people[0]?.person.id ?? "";
}

const rowOf = async ({ server }: At) =>
  server.store.findUpstreamCredential(await onlyPerson(server), "github");

const connections = ({ server }: At) =>
  server.lines.filter(({ name }) => name === "upstream.connected").length;

describe("with GitHub", () => {
  it("asks for the scopes of both, and a tool gets the token of the sign-in", async () => {
    const at = await startWithGithub();
    const tokens = await signIn(at, "github");
    expect(tokens.providerUrl.searchParams.get("scope")).toBe("read:user user:email repo");
    expect(await said(at.server, tokens, "github_token")).toMatch(/^gho_/);
    expect(await rowOf(at)).toMatchObject({ account: "ada", scopes: ["read:user", "repo", "user:email"] });
    expect(connections(at)).toBe(1);
  });

  it("keeps nothing of a sign-in that was refused", async () => {
    const network = openNetwork();
    await startGithub(network);
    const signIn = [github({ ...CREDENTIALS, keepTokens: { as: "github", scopes: [] } })];
    const upstreams = { github: githubUpstream(CREDENTIALS) };
    const server = await startServer(
      { upstreams },
      { signIn, admit: { emails: ["eve@example.com"] }, fetch: network.fetch },
    );
    const there = await goToProvider(server, "github");
    expect(leadsTo(await there.browser.request((await signInThere(there, network)).href))).toBe("page 403");
    expect(server.lines.map(({ name }) => name)).not.toContain("upstream.connected");
    expect(await server.store.listUpstreamCredentialsAfter({ personId: "", upstream: "" }, 10)).toEqual([]);
  });

  it("has the token in no line of the log, no address and no row", async () => {
    const at = await startWithGithub();
    const tokens = await signIn(at, "github");
    const token = await said(at.server, tokens, "github_token");
    expect(token).toMatch(/^gho_/);
    const audit = await at.server.store.readAudit({ order: "newest_first", limit: 500 });
    expect(JSON.stringify([at.server.lines, audit, await rowOf(at)])).not.toContain(token);
  });

  it("a token of a GitHub App is kept with what refreshes it", async () => {
    const at = await startWithGithub();
    at.double.say({
      prefix: "ghu_",
      more: { refresh_token: "ghr_first", expires_in: 28_800 },
    });
    await signIn(at, "github");
    expect((await rowOf(at))?.expiresAt).toBe(at.server.now() + 28_800_000);
  });
});

it("are not in the address that carries a proof to the second factor", async () => {
  const tokens = { accessToken: "at-secret", refreshToken: "rt-secret", expiresInSeconds: 3600, scopes: [] };
  const waiting = redirecting("okta", "Okta", { isOneFactor: true, keeps: { as: "github", tokens } });
  const signIn = [{ ...waiting, isOneFactor: true }, totp()];
  const server = await startServer({ secret: SECRET }, { signIn, admit: "anyone" });
  const browser = openBrowser(server);
  const begun = stateOf((await browser.request("/account")).headers.get("location"));
  const answer = await comeBack(browser, "okta", begun, { subject: "ada" });
  const sealed = await createKeyring([SECRET]).open("pending-proof", stateOf(answer.headers.get("location")));
  expect(sealed).toContain("ada@okta.example");
  expect(sealed).not.toContain("secret");
});

describe("with an OpenID Connect provider", () => {
  it("asks for the scopes of both; the further ones decide nothing about the sign-in", async () => {
    const at = await startWithOidc();
    at.double.say({ scope: "openid profile email", tokens: { expires_in: 3600, refresh_token: "rt-1" } });
    const tokens = await signIn(at, "oidc");
    expect(tokens.providerUrl.searchParams.get("scope")).toBe(`openid profile email ${CALENDAR}`);
    expect(await said(at.server, tokens, "github_token")).toMatch(/^at-/);
    // What was granted, and not what was asked for.
    expect((await rowOf(at))?.scopes).toEqual(["openid", "profile", "email"]);
  });

  it("asks for nothing more, and keeps nothing, unless the operator says so", async () => {
    const at = await startWithOidc(false);
    const tokens = await signIn(at, "oidc");
    expect(tokens.providerUrl.searchParams.get("scope")).toBe("openid profile email");
    expect(await rowOf(at)).toBeUndefined();
    expect(linkIn(await said(at.server, tokens, "github_token"))).toContain(
      "/account/connect/github?ticket=",
    );
  });

  it("goes on with the refresh token that is there, where a later sign-in brings none", async () => {
    const at = await startWithOidc();
    at.double.say({ tokens: { expires_in: 600, refresh_token: "rt-1" } });
    await signIn(at, "oidc");
    const first = await rowOf(at);
    at.double.say({ tokens: { expires_in: 600 } });
    at.server.advance(60);
    const tokens = await signIn(at, "oidc");
    expect((await rowOf(at))?.expiresAt).toBe((first?.expiresAt ?? 0) + 60_000);
    // The connection is the one that was: nothing was connected anew.
    expect(connections(at)).toBe(1);
    expect((await rowOf(at))?.createdAt).toBe(first?.createdAt);
    at.server.advance(600);
    await said(at.server, tokens, "github_token");
    expect(at.double.exchanges.at(-1)?.body.get("refresh_token")).toBe("rt-1");
  });

  it("takes the place of what is dead, and of what has ended without a refresh token", async () => {
    const at = await startWithOidc();
    at.double.say({ tokens: { expires_in: 3600 } });
    await signIn(at, "oidc");
    const row = await rowOf(at);
    if (!row) throw new Error("nothing was kept");
    at.server.advance(3600);
    await signIn(at, "oidc");
    expect((await rowOf(at))?.expiresAt).toBe(at.server.now() + 3_600_000);
    const { personId, upstream, version } = (await rowOf(at)) ?? row;
    await at.server.store.endUpstreamCredential({ personId, upstream, version, now: at.server.now() });
    const tokens = await signIn(at, "oidc");
    expect(await said(at.server, tokens, "github_token")).toMatch(/^at-/);
    expect(connections(at)).toBe(3);
  });

  it("does not replace another account that the person connected", async () => {
    const at = await startWithOidc();
    at.double.say({
      claims: { email: "ada@example.com", email_verified: true },
      tokens: { expires_in: 3600 },
    });
    await signIn(at, "oidc");
    const row = await rowOf(at);
    if (!row) throw new Error("nothing was kept");
    await at.server.store.saveUpstreamCredential(
      { ...row, account: "countess@example.com", now: at.server.now() },
      sampleEntry("upstream.connected"),
    );
    await signIn(at, "oidc");
    expect(await rowOf(at)).toMatchObject({ account: "countess@example.com", version: row.version });
  });

  it("leaves alone what someone refreshes at this moment", async () => {
    const at = await startWithOidc();
    at.double.say({ tokens: { expires_in: 3600, refresh_token: "rt-1" } });
    await signIn(at, "oidc");
    const row = await rowOf(at);
    if (!row) throw new Error("nothing was kept");
    const { personId, upstream, version } = row;
    const now = at.server.now();
    expect(
      await at.server.store.beginUpstreamRefresh({ personId, upstream, version, until: now + 30_000, now }),
    ).toBe(true);
    at.double.say({ tokens: { expires_in: 3600 } });
    await signIn(at, "oidc");
    expect((await rowOf(at))?.version).toBe(version);
  });

  it("comes back with the next sign-in, once the person disconnected it", async () => {
    const at = await startWithOidc();
    at.double.say({ claims: { auth_time: Math.floor(at.server.now() / 1000) } });
    const { browser } = await signIn(at, "oidc");
    const html = await (await browser.request("/account")).text();
    const token = /name="page_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
    await press(browser, { token }, "upstreams.disconnect", { upstream: "github" });
    expect(await rowOf(at)).toBeUndefined();
    expect(textOf(html)).toContain("Connected services");
    await signIn(at, "oidc");
    expect(await rowOf(at)).toBeDefined();
  });
});

describe("the start", () => {
  const upstreams = {
    google: googleUpstream({ clientId: "another", clientSecret: "s" }),
    acme: oauthUpstream({ label: "Acme", issuer: "https://acme.example", ...CREDENTIALS }),
    jira: keyUpstream({ label: "Jira" }),
  };
  const starts = (as: string, given: Readonly<Record<string, Upstream>> = upstreams) =>
    createOAuthServer(
      "my-app",
      { signIn: [google({ ...CREDENTIALS, keepTokens: { as } })], admit: "anyone" },
      { upstreams: given },
    );

  it.each([
    ["googel", 'google: keepTokens.as is "googel", which is not one of upstreams (google, acme, jira).'],
    [
      "constructor",
      'google: keepTokens.as is "constructor", which is not one of upstreams (google, acme, jira).',
    ],
    ["jira", 'google: keepTokens.as is "jira", a service with keys. Name one with OAuth.'],
    [
      "google",
      'google: keepTokens.as is "google", whose clientId is another one. Use the same client in both places.',
    ],
    [
      "acme",
      'google: keepTokens.as is "acme", which is of another provider. Use the same one in both places.',
    ],
  ])("refuses tokens for %j, which could not be refreshed there", (as, message) => {
    expect(() => starts(as)).toThrow(message);
  });

  it("names the option where there are no services", () => {
    expect(() => starts("google", {})).toThrow(
      'google: keepTokens.as is "google", which is not one of upstreams. Add it there.',
    );
  });

  it("asks Google for a refresh token", async () => {
    const network = openNetwork();
    const double = await startIdentityDouble();
    network.add("https://accounts.google.com", double.url);
    double.say({
      metadata: {
        issuer: "https://accounts.google.com",
        authorization_endpoint: "https://accounts.google.com/authorize",
      },
    });
    const { server } = await start(network, [google({ ...CREDENTIALS, keepTokens: { as: "google" } })], {
      google: googleUpstream(CREDENTIALS),
    });
    const { providerUrl } = await goToProvider(server, "google", { browser: openBrowser(server) });
    expect(providerUrl.searchParams.get("access_type")).toBe("offline");
  });
});
