import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { preregisteredClient } from "../../src/core/preregistered-client.ts";
import {
  authorizeUrl,
  codeOf,
  newPkce,
  REDIRECT_URI,
  redeem,
  register,
  tokensOf,
} from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { answerOf, type Browser, CONSENT, decide, LOGIN, openBrowser, signIn } from "../support/person.ts";
import {
  approveFirst,
  ask,
  begin,
  endOf,
  followToEnd,
  REPORTS,
  startRemembering,
} from "../support/remembered.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { DISABLED, ENABLED, REMOVED, REVOKED, sampleClient, sampleEntry } from "../support/store/samples.ts";
import { openTestStore } from "../support/store/test-store.ts";

// What could be connected unseen, once a consent is remembered. FastMCP remembered it for clients that register themselves.

const grantsOf = ({ store }: TestServer) => store.listGrants({});

describe("a client that only looks like the one that was approved", () => {
  it("with the same name and address, registered by itself, is asked for, however often it was approved", async () => {
    const { server, browser } = await startRemembering();
    const { client_id: clientId } = await register(server, { client_name: "Reports" });
    expect(endOf(await ask(browser, {}, { clientId }))).toBe(CONSENT);
    await approveFirst(server, { clientId });
    expect(endOf(await ask(browser, {}, { clientId }))).toBe(CONSENT);
    const silent = await ask(browser, { prompt: "none" }, { clientId });
    expect(silent).toMatchObject({
      path: "/oauth/authorize",
      html: expect.stringContaining("consent_required"),
    });
  });

  it("cannot register that it is remembered", async () => {
    const { server } = await startRemembering();
    const claims = {
      remember_consent: true,
      remembersConsent: true,
      rememberConsent: true,
      origin: "preregistered",
    };
    const { client_id: clientId } = await register(server, claims);
    expect(await server.store.findClient(clientId)).toMatchObject({
      origin: "registered",
      remembersConsent: false,
    });
    const { browser } = await approveFirst(server, { clientId });
    expect(endOf(await ask(browser, {}, { clientId }))).toBe(CONSENT);
  });

  it("by a metadata document of the same name is asked for, also where a row says that it is remembered", async () => {
    const clientId = "https://client.example/metadata.json";
    const document = {
      client_id: clientId,
      client_name: "Reports",
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "none",
      remember_consent: true,
    };
    const { server } = await startRemembering(
      {},
      {
        fetchDocument: async () => ({ text: JSON.stringify(document), headers: new Headers() }),
      },
    );
    const { browser } = await approveFirst(server, { clientId });
    expect(endOf(await ask(browser, {}, { clientId }))).toBe(CONSENT);
    const silent = await ask(browser, { prompt: "none" }, { clientId });
    expect(silent).toMatchObject({
      path: "/oauth/authorize",
      html: expect.stringContaining("consent_required"),
    });
  });

  it("from the operator, with another id, is asked for once", async () => {
    const clients = [REPORTS, { ...REPORTS, id: "reports-2" }];
    const { browser } = await startRemembering({ clients });
    expect(endOf(await ask(browser, {}, { clientId: "reports-2" }))).toBe(CONSENT);
  });

  it.each([
    ["loopback", "http://127.0.0.1:4000/cb"],
    ["loopback on https", "https://localhost:4000/cb"],
    ["a private-use scheme", "cursor://anysphere.cursor-mcp/oauth/callback"],
  ])(
    "at %s is asked for, even where a row of the database says that it is remembered",
    async (_what, uri) => {
      const server = await startServer();
      const client = sampleClient({
        id: "desktop",
        origin: "preregistered",
        authenticationMethod: "none",
        jwks: null,
        redirectUris: [uri],
        remembersConsent: true,
      });
      await server.store.addClient(client, sampleEntry("client.added"));
      const browser = openBrowser(server);
      const { verifier, challenge } = newPkce();
      const there = { redirect_uri: uri };
      const { state } = await signIn(browser, authorizeUrl("desktop", challenge, there));
      const code = codeOf(await answerOf(await decide(browser, state, "approve")));
      await tokensOf(redeem(server, "desktop", { code, verifier }, there));
      expect(await grantsOf(server)).toMatchObject([{ redirectUri: uri }]);
      expect(endOf(await ask(browser, { redirect_uri: uri }, { clientId: "desktop" }))).toBe(CONSENT);
    },
  );

  it("and registered itself is asked for, even where a row of the database says that it is remembered", async () => {
    const server = await startServer();
    const client = sampleClient({
      id: "stray",
      authenticationMethod: "none",
      jwks: null,
      redirectUris: [REDIRECT_URI],
      remembersConsent: true,
    });
    await server.store.addClient(client, "unaudited");
    const { browser } = await approveFirst(server, { clientId: "stray" });
    expect(endOf(await ask(browser, {}, { clientId: "stray" }))).toBe(CONSENT);
  });
});

describe("a client that has changed since it was approved", () => {
  const secret = "the first secret of the app";
  const SECRETIVE = { ...REPORTS, secret };

  /** Ada approves it; then the operator starts the server again with another description. */
  async function changed(first: object, then: object): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-consent-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const options = (client: object): OAuthServerOptions => ({
      clients: [client as typeof REPORTS],
      database: join(folder, "grants.db"),
      secret: SECRET,
    });
    const before = await startServer(options(first));
    const browser = openBrowser(before);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl("reports", challenge));
    const answer = await decide(browser, state, "approve");
    const code = codeOf(answer.headers.get("location"));
    const basic = `Basic ${btoa(`reports:${encodeURIComponent(secret).replaceAll("%20", "+")}`)}`;
    const form = {
      grant_type: "authorization_code",
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    };
    const redeemed =
      "secret" in first
        ? await browser.submit("/oauth/token", form, { headers: { authorization: basic } })
        : await redeem(before, "reports", { code, verifier });
    expect(redeemed.status).toBe(200);
    expect(endOf(await ask(browser))).toBe("code");
    await before.drain();
    await before.close();
    const after = await startServer(options(then));
    const cookie = browser.cookie();
    return endOf(await ask(openBrowser(after), {}, { headers: { cookie } }));
  }

  it("in nothing is remembered, also by the server that comes after", async () => {
    expect(await changed(REPORTS, { ...REPORTS })).toBe("code");
    expect(await changed(SECRETIVE, { ...SECRETIVE })).toBe("code");
  });

  it.each([
    ["another name", REPORTS, { ...REPORTS, name: "Reports 2" }],
    ["no name", REPORTS, { ...REPORTS, name: undefined }],
    ["one more address", REPORTS, { ...REPORTS, redirectUris: [REDIRECT_URI, "https://evil.example/cb"] }],
    ["another secret", SECRETIVE, { ...SECRETIVE, secret: "the second secret of the app" }],
    ["no secret any more", SECRETIVE, REPORTS],
    ["a secret where it had none", REPORTS, SECRETIVE],
    [
      "a secret in the form",
      SECRETIVE,
      { ...SECRETIVE, authenticationMethod: "client_secret_post" as const },
    ],
    ["keys elsewhere", REPORTS, { ...REPORTS, jwksUri: "https://client.example/jwks" }],
    ["other scopes of its own", REPORTS, { ...REPORTS, scopes: ["mcp"] }],
  ])("in %s is asked for", async (_what, first, then) => {
    expect(await changed(first, then)).toBe(CONSENT);
  });

  it("in that it is remembered is asked for: the page of then did not say so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-consent-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const options = { database: join(folder, "grants.db"), secret: SECRET };
    const { server, browser } = await startRemembering({
      ...options,
      clients: [{ ...REPORTS, rememberConsent: false }],
    });
    await server.drain();
    await server.close();
    const after = await startServer({ ...options, clients: [REPORTS] });
    expect(endOf(await ask(openBrowser(after), {}, { headers: { cookie: browser.cookie() } }))).toBe(CONSENT);
  });

  it("by being removed and added again under its id is asked for", async () => {
    const server = await startServer();
    const add = async (at: number) => {
      const client = preregisteredClient(REPORTS, { catalogue: { descriptions: new Map() } }, at);
      await server.store.addClient(client, sampleEntry("client.added"));
    };
    await add(server.now());
    const { browser } = await approveFirst(server);
    expect(endOf(await ask(browser))).toBe("code");
    await server.store.removeClient("reports", server.now(), REMOVED);
    server.advance(60);
    await add(server.now());
    expect(endOf(await ask(browser))).toBe(CONSENT);
  });

  /** A server, and the operator's command beside it, which works on the same database. */
  async function withCommand() {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-consent-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const database = join(folder, "grants.db");
    const server = await startServer({ database, secret: SECRET });
    const command = await openTestStore({ database });
    onTestFinished(() => command.close());
    const rules = { catalogue: { descriptions: new Map() } };
    const add = (name: string) =>
      command.addClient(
        preregisteredClient({ ...REPORTS, name }, rules, server.now()),
        sampleEntry("client.added"),
      );
    return { server, command, add };
  }
  /** Fails only where it never comes. */
  const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

  it("by being disabled gets nothing, and once it is enabled it is asked for", async () => {
    const { server, command, add } = await withCommand();
    await add("Reports");
    const { browser } = await approveFirst(server);
    expect(endOf(await ask(browser))).toBe("code");
    await command.disableClient("reports", server.now(), DISABLED);
    await soon(async () => expect(await ask(browser)).toMatchObject({ kind: "page", status: 400 }));
    await command.enableClient("reports", ENABLED);
    await soon(async () => expect(endOf(await ask(browser))).toBe(CONSENT));
  });

  it("while the page was open is not approved as what it is now", async () => {
    const { server, command, add } = await withCommand();
    await add("Reports");
    const browser = openBrowser(server);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl("reports", challenge));
    await command.removeClient("reports", server.now(), REMOVED);
    await add("Something else");
    await soon(async () => {
      const ending = await ask(openBrowser(server));
      expect(ending).toMatchObject({ html: expect.stringContaining("Something else") });
    });
    const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
    await tokensOf(redeem(server, "reports", { code, verifier }));
    expect(await grantsOf(server)).toMatchObject([{ clientName: "Reports", approvedAs: null }]);
    expect(endOf(await ask(browser))).toBe(CONSENT);
  });
});

describe("who is asked", () => {
  it("is another person in the same browser, who has approved nothing", async () => {
    const { server, browser } = await startRemembering();
    const { state } = await begin(browser, { prompt: "login" });
    const next = await browser.submit(LOGIN, { state, username: "grace", password: "hopper" });
    expect(endOf(await followToEnd(browser, next.headers.get("location") ?? ""))).toBe(CONSENT);
    expect(endOf(await ask(browser))).toBe(CONSENT);
    expect((await grantsOf(server)).map(({ person }) => person.id)).toEqual(["ada"]);
  });

  it("is the sign-in page, for what was sealed for one person in a browser where another signed in since", async () => {
    const { server, browser } = await startRemembering();
    const { location } = await begin(browser);
    const { state } = await begin(browser, { prompt: "login" });
    await browser.submit(LOGIN, { state, username: "grace", password: "hopper" });
    const page = await browser.request(location);
    expect(page.status).toBe(403);
    expect(page.headers.get("location")).toBeNull();
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is no one with the sealed request alone, in another browser or without a session", async () => {
    const { server, browser } = await startRemembering();
    const { location } = await begin(browser);
    const elsewhere = await openBrowser(server).request(location);
    expect(elsewhere.status).toBe(403);
    const cookie = browser
      .cookie()
      .split("; ")
      .filter((pair) => !pair.includes("session"))
      .join("; ");
    const signedOut = await openBrowser(server).request(location, { headers: { cookie } });
    expect(signedOut.status).toBe(403);
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is no one with the request of the sign-in page", async () => {
    const { server, browser } = await startRemembering();
    const { state } = await begin(browser, { prompt: "login" });
    const page = await browser.request(`${CONSENT}?state=${encodeURIComponent(state)}`);
    expect(page.status).toBe(403);
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("signs in again where the sign-in is older than the request lets it be", async () => {
    const { server, browser } = await startRemembering();
    server.advance(61);
    expect(endOf(await ask(browser, { max_age: "60" }))).toBe(LOGIN);
    expect(endOf(await ask(browser, { prompt: "login" }))).toBe(LOGIN);
    expect(endOf(await ask(browser, { prompt: "select_account" }))).toBe(LOGIN);
    // And held to at the end too.
    const { location } = await begin(browser, { max_age: "62" });
    expect(location).toContain(CONSENT);
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it.each([
    ["says no", () => false, 403],
    [
      "throws",
      () => {
        throw new Error("the directory is down");
      },
      503,
    ],
  ])("is refused where isActive %s, and nothing is written", async (_what, later, status) => {
    let answer: () => boolean = () => true;
    const { server, browser } = await startRemembering({ isActive: () => answer() });
    answer = later;
    expect(await ask(browser)).toMatchObject({ kind: "page", path: CONSENT, status });
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is refused with the id of a program", async () => {
    const { server, browser } = await startRemembering();
    const program = sampleClient({
      id: "ada",
      origin: "preregistered",
      grantTypes: ["client_credentials"],
      redirectUris: [],
    });
    await server.store.addClient(program, sampleEntry("client.added"));
    expect(await ask(browser)).toMatchObject({ kind: "page", path: CONSENT, status: 403 });
    expect(await grantsOf(server)).toHaveLength(1);
  });
});

describe("what is connected unseen", () => {
  it.each(["image", "iframe", "frame", "empty", "script", "object", "embed"])(
    "is nothing by the %s of a page of a sibling site, which is sent the cookies too",
    async (destination) => {
      const { server, browser } = await startRemembering();
      const headers = { "sec-fetch-dest": destination, "sec-fetch-site": "same-site" };
      expect(endOf(await ask(browser, {}, { headers }))).toBe(CONSENT);
      expect(endOf(await ask(browser, { prompt: "none" }, { headers }))).toBe("consent_required");
      expect(await grantsOf(server)).toHaveLength(1);
      const navigation = { "sec-fetch-dest": "document", "sec-fetch-site": "cross-site" };
      expect(endOf(await ask(browser, {}, { headers: navigation }))).toBe("code");
    },
  );

  it.each([
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { "sec-purpose": "prefetch;anonymous-client-ip" },
    { purpose: "prefetch" },
  ] as Record<string, string>[])("is nothing by a page that is loaded in advance: %j", async (purpose) => {
    const { server, browser } = await startRemembering();
    const headers = { "sec-fetch-dest": "document", "sec-fetch-site": "same-site", ...purpose };
    expect(endOf(await ask(browser, {}, { headers }))).toBe(CONSENT);
    // An error for the client would be what the person gets once they go there.
    expect(await ask(browser, { prompt: "none" }, { headers })).toMatchObject({ kind: "page", status: 503 });
    expect(await grantsOf(server)).toHaveLength(1);
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("code");
  });

  it("is nothing by HEAD", async () => {
    const { server, browser } = await startRemembering();
    const { location } = await begin(browser);
    const answer = await browser.request(location, { method: "HEAD" });
    expect(answer.headers.get("location")).toBeNull();
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is nothing at an address that the client does not have (any more)", async () => {
    const { server, browser } = await startRemembering();
    const evil = await ask(browser, { redirect_uri: "https://evil.example/callback" });
    expect(evil).toMatchObject({ kind: "page", status: 400 });
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is nothing for another person's approval, whatever the database holds of it", async () => {
    const { server } = await startRemembering();
    const grace = openBrowser(server);
    await signIn(grace, authorizeUrl("reports", newPkce().challenge), "grace", "hopper");
    const ending = await ask(grace, { scope: "mcp todo:write" });
    if (ending.kind !== "page") throw new Error(endOf(ending));
    expect(ending.path).toBe(CONSENT);
    expect(ending.html).not.toContain("You approved this app before");
  });

  it("is nothing where the approval is revoked between its reading and the writing", async () => {
    const { server, browser } = await startRemembering();
    const [former] = await grantsOf(server);
    await server.store.revokeGrant(former?.id ?? "", "operator", server.now(), REVOKED);
    const { restsOn, ...rest } = { ...former, restsOn: former?.id, id: "another", signedInAt: server.now() };
    const approval = { ...rest, restsOn } as Parameters<typeof server.store.approve>[0];
    expect(await server.store.approve(approval, sampleEntry("consent.remembered"))).toBeUndefined();
    expect(endOf(await ask(browser))).toBe(CONSENT);
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is nothing where it is revoked while isActive answers, after it was read", async () => {
    let meanwhile: () => Promise<unknown> = async () => undefined;
    const isActive = async () => {
      await meanwhile();
      return true;
    };
    const { server, browser } = await startRemembering({ isActive });
    const [former] = await grantsOf(server);
    meanwhile = () => server.store.revokeGrant(former?.id ?? "", "operator", server.now(), REVOKED);
    expect(endOf(await ask(browser, { scope: "mcp" }))).toBe(CONSENT);
    expect(await grantsOf(server)).toHaveLength(1);
  });

  it("is never the first approval of a person, by any link", async () => {
    const server = await startServer({ clients: [REPORTS] });
    const browser: Browser = openBrowser(server);
    await signIn(browser, authorizeUrl("reports", newPkce().challenge));
    for (const prompt of [undefined, "login", "none", "consent", "select_account"]) {
      expect([CONSENT, LOGIN, "consent_required", "login_required"]).toContain(
        endOf(await ask(browser, { prompt })),
      );
    }
    expect(await grantsOf(server)).toEqual([]);
  });
});
