import { describe, expect, it } from "vitest";
import { textOf } from "../support/account.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  newPkce,
  REDIRECT_URI,
  redeem,
  refresh,
  register,
  type Tokens,
  tokensOf,
} from "../support/client.ts";
import { answerOf, type Browser, decide, openBrowser, signIn } from "../support/person.ts";
import { type ShownGroup, scopeGroups } from "../support/scope-groups.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { REVOKED } from "../support/store/samples.ts";

// A client asks for more than its newest live grant with the person and address has: the page says what is new.

const LOCAL = "http://localhost:54212/callback";
const CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback";

const NEW = "New permissions";
const BEFORE = "What you approved before";
const ALL = "What it can do";

const MCP = { label: "Use the tools", isTicked: true, isLocked: true };
const READ = { label: "See your list", isTicked: true, isLocked: false };
const WRITE = { label: "Change your list", isTicked: true, isLocked: false };

type Asking = {
  readonly clientId: string;
  readonly redirectUri?: string;
  readonly scope: string;
  readonly username?: string;
};

/** From a request to its consent page, for a person who signs in for it. */
async function ask(
  server: TestServer,
  { clientId, redirectUri = REDIRECT_URI, scope, username = "ada" }: Asking,
) {
  const { verifier, challenge } = newPkce();
  const browser: Browser = openBrowser(server);
  const there = { redirect_uri: redirectUri };
  const url = authorizeUrl(clientId, challenge, { ...there, scope });
  const password = username === "ada" ? "lovelace" : "hopper";
  const { state, location } = await signIn(browser, url, username, password);
  const html = await (await browser.request(location)).text();
  return {
    html,
    groups: scopeGroups(html),
    async approve(scopes: readonly string[]): Promise<Tokens> {
      const code = codeOf(await answerOf(await decide(browser, state, "approve", scopes)));
      return tokensOf(redeem(server, clientId, { code, verifier }, there));
    },
    approveOnly: (scopes: readonly string[]) => decide(browser, state, "approve", scopes),
    deny: () => decide(browser, state, "deny"),
  };
}

/** A client that has been granted these scopes at this address. */
async function connected(redirectUri = REDIRECT_URI, scope = "mcp todo:read", options = {}) {
  const server = await startServer(options);
  const { client_id: clientId } = await register(server, { redirect_uris: [redirectUri] });
  const tokens = await (await ask(server, { clientId, redirectUri, scope })).approve(scope.split(" "));
  return { server, clientId, redirectUri, tokens };
}

const titles = (groups: readonly ShownGroup[]) => groups.map(({ legend }) => legend);

describe("the consent page of a client that asks for more", () => {
  it.each([
    ["a website", REDIRECT_URI, REDIRECT_URI],
    ["this computer, on another port", LOCAL, "http://localhost:1/callback"],
    ["an app that a scheme opens", CURSOR, CURSOR],
  ])("at %s has what is new first, then what was approved before", async (_what, then, now) => {
    const at = await connected(then);
    const { groups, html } = await ask(at.server, {
      ...at,
      redirectUri: now,
      scope: "mcp todo:read todo:write",
    });
    expect(groups).toEqual([
      { legend: NEW, scopes: [WRITE] },
      { legend: BEFORE, scopes: [MCP, READ] },
    ]);
    expect(textOf(html)).toContain("Tool: create_todo");
  });

  it("lists nothing that was not asked for, though it was approved before", async () => {
    const at = await connected(REDIRECT_URI, "mcp todo:read");
    const asked = await ask(at.server, { ...at, scope: "mcp todo:write" });
    expect(asked.groups).toEqual([
      { legend: NEW, scopes: [WRITE] },
      { legend: BEFORE, scopes: [MCP] },
    ]);
    expect((await asked.approve(["todo:write", "todo:read"])).scope).toBe("mcp todo:write");
  });

  it("shows what the person left out then as new", async () => {
    const server = await startServer();
    const { client_id: clientId } = await register(server);
    const scope = "mcp todo:read todo:write";
    await (await ask(server, { clientId, scope })).approve(["todo:read"]);
    expect((await ask(server, { clientId, scope })).groups).toEqual([
      { legend: NEW, scopes: [WRITE] },
      { legend: BEFORE, scopes: [MCP, READ] },
    ]);
  });

  it("keeps what became required since locked, among what is new", async () => {
    const at = await connected(REDIRECT_URI, "mcp todo:read", { requiredScopes: [] });
    const { catalogue } = at.server.settings;
    Object.assign(catalogue, { required: ["todo:write"] });
    expect((await ask(at.server, { ...at, scope: "mcp todo:read" })).groups).toEqual([
      { legend: NEW, scopes: [{ ...WRITE, isLocked: true }] },
      { legend: BEFORE, scopes: [{ ...MCP, isLocked: false }, READ] },
    ]);
  });

  it("counts what a broader scope implies as approved", async () => {
    const options = { scopeImplies: { "todo:write": ["todo:read"] } };
    const at = await connected(REDIRECT_URI, "mcp todo:write", options);
    expect(titles((await ask(at.server, { ...at, scope: "mcp todo:read" })).groups)).toEqual([ALL]);
  });

  it("says what the person approved, and of an app on this computer not that it is the same", async () => {
    const site = await connected();
    const scope = "mcp todo:read todo:write";
    expect(textOf((await ask(site.server, { ...site, scope })).html)).toContain(
      "You approved this app before, without",
    );
    const local = await connected(LOCAL);
    const page = textOf((await ask(local.server, { ...local, scope })).html);
    expect(page).toContain("You approved an app with this ID before, without");
    expect(page).not.toContain("You approved this app");
    expect(page).toContain("Any program on this computer could be asking.");
  });
});

describe("the step-up", () => {
  it("leads from the challenge to a token that opens the tool, and the earlier grant stays", async () => {
    const { server, clientId, tokens } = await connected();
    const refused = await callTool(server, tokens.access_token, "create_todo", { title: "x" });
    expect(refused.status).toBe(403);
    const scope = /scope="([^"]*)"/.exec(refused.headers.get("www-authenticate") ?? "")?.[1] ?? "";
    const asked = await ask(server, { clientId, scope });
    expect(titles(asked.groups)).toEqual([NEW, BEFORE]);
    const more = await asked.approve(["todo:read", "todo:write"]);
    expect((await callTool(server, more.access_token, "create_todo", { title: "x" })).status).toBe(200);
    expect((await tokensOf(refresh(server, clientId, tokens.refresh_token))).scope).toBe("mcp todo:read");
    expect(await server.store.listGrants({})).toHaveLength(2);
  });

  it("that is denied, or approved with less, takes nothing from the earlier grant", async () => {
    const at = await connected();
    const scope = "mcp todo:read todo:write";
    await (await ask(at.server, { ...at, scope })).deny();
    expect((await (await ask(at.server, { ...at, scope })).approve([])).scope).toBe("mcp");
    const refreshed = await tokensOf(refresh(at.server, at.clientId, at.tokens.refresh_token));
    expect(refreshed.scope).toBe("mcp todo:read");
  });
});

describe("the page is the usual one", () => {
  const scope = "mcp todo:read todo:write";

  it("where the newest grant has all that is asked for, and an older one does not", async () => {
    const at = await connected();
    at.server.advance(1);
    await (await ask(at.server, { ...at, scope })).approve(["todo:read", "todo:write"]);
    expect(titles((await ask(at.server, { ...at, scope })).groups)).toEqual([ALL]);
    at.server.advance(1);
    await (await ask(at.server, { ...at, scope })).approve(["todo:read"]);
    expect(titles((await ask(at.server, { ...at, scope })).groups)).toEqual([NEW, BEFORE]);
  });

  it("for another person of the same client", async () => {
    const at = await connected();
    expect(titles((await ask(at.server, { ...at, scope, username: "grace" })).groups)).toEqual([ALL]);
  });

  it("for another client of the same name and address", async () => {
    const { server } = await connected(LOCAL);
    const metadata = { redirect_uris: [LOCAL], client_uri: "https://other.example" };
    const { client_id: clientId } = await register(server, metadata);
    expect(titles((await ask(server, { clientId, redirectUri: LOCAL, scope })).groups)).toEqual([ALL]);
  });

  it("at another address of the same client", async () => {
    const server = await startServer();
    const redirect_uris = [REDIRECT_URI, `${REDIRECT_URI}2`, "http://127.0.0.1/cb", "http://localhost/cb"];
    const { client_id: clientId } = await register(server, { redirect_uris });
    for (const redirectUri of redirect_uris) {
      const asked = await ask(server, { clientId, redirectUri, scope });
      expect(titles(asked.groups), redirectUri).toEqual([ALL]);
      await asked.approve([]);
    }
  });

  it("once the grant was revoked, or has lapsed", async () => {
    const at = await connected();
    const [grant] = await at.server.store.listGrants({});
    await at.server.store.revokeGrant(grant?.id ?? "", "operator", at.server.now(), REVOKED);
    expect(titles((await ask(at.server, { ...at, scope })).groups)).toEqual([ALL]);
    const lapsed = await connected(REDIRECT_URI, "mcp", { refreshTokenSeconds: 3600 });
    lapsed.server.advance(3600);
    expect(titles((await ask(lapsed.server, { ...lapsed, scope })).groups)).toEqual([ALL]);
  });

  it("where no client redeemed the code of the approval", async () => {
    const server = await startServer();
    const { client_id: clientId } = await register(server);
    await (await ask(server, { clientId, scope: "mcp" })).approveOnly([]);
    expect(titles((await ask(server, { clientId, scope })).groups)).toEqual([ALL]);
  });
});
