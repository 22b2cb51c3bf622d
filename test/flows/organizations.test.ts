import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, test } from "vitest";
import type { McpContext } from "../../src/mcp/tools/tool-context.ts";
import { textOf as shownText } from "../support/account.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  type Tokens,
  tokensOf,
  whoami,
} from "../support/client.ts";
import { claimsOf, resign, SECRET, signingKeyOf } from "../support/forge.ts";
import { call, INITIALIZE, textOf } from "../support/mcp-endpoint.ts";
import { ACME, approveFor, connectFor, GLOBEX, startWithOrganizations } from "../support/organizations.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { closeServers, PEOPLE, startServer, type TestServer } from "../support/server.ts";
import { PERSON_DISABLED } from "../support/store/samples.ts";

// What a person belongs to (decision 0050): the operator's `organizations` says it, the person chooses on the consent page, and the grant
// keeps it until the person leaves.

const NOTHING_WRITTEN = { status: expect.any(Number), grants: [] };

/** A person on the consent page of a client that registered itself. */
async function atConsent(server: TestServer, clientId?: string, username: keyof typeof PEOPLE = "ada") {
  const id = clientId ?? (await register(server)).client_id;
  const browser = openBrowser(server);
  const { verifier, challenge } = newPkce();
  const { location, state } = await signIn(browser, authorizeUrl(id, challenge), username, PEOPLE[username]);
  return { clientId: id, browser, verifier, location, state };
}

const outcome = async (server: TestServer, answer: Response) => ({
  status: answer.status,
  grants: (await server.store.listGrants({})).map(({ organization }) => organization),
});

describe("the organization that a person chose", () => {
  it("is in the grant, the access token, introspection and the tools' context", async () => {
    const { server } = await startWithOrganizations();
    const { clientId, access_token } = await connectFor(server, "acme");
    expect(await server.store.listGrants({ clientId })).toMatchObject([{ organization: ACME }]);
    expect(claimsOf(access_token)).toMatchObject({ org_id: "acme" });
    expect(await whoami(server, access_token)).toMatchObject({ organization: ACME });
  });

  it("is in what a confidential client learns of its tokens (RFC 7662)", async () => {
    const { server } = await startWithOrganizations();
    const { client_id, client_secret = "" } = await register(server, {
      token_endpoint_auth_method: "client_secret_post",
    });
    const { browser, verifier, state } = await atConsent(server, client_id);
    const code = codeOf((await approveFor(browser, state, ["globex"])).headers.get("location"));
    const tokens = await tokensOf(redeem(server, client_id, { code, verifier }, { client_secret }));
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const answer = await postForm(server, "/oauth/introspect", { client_id, client_secret, token });
      expect(await answer.json()).toMatchObject({ active: true, org_id: "globex" });
    }
  });

  it("is in the audit log, by id and name", async () => {
    const { server } = await startWithOrganizations();
    await connectFor(server, "acme");
    const audit = await server.store.readAudit({ order: "newest_first", limit: 10 });
    expect(audit.find(({ event }) => event === "consent.approved")?.fields).toMatchObject({
      organization: "acme",
      organization_name: "Acme",
    });
  });

  it("stays what it was through refreshes, whatever it is called by then", async () => {
    const { server, answers } = await startWithOrganizations();
    const { clientId, refresh_token } = await connectFor(server, "acme");
    answers([{ ...ACME, name: "Acme Inc." }]);
    const next = await tokensOf(refresh(server, clientId, refresh_token));
    expect(claimsOf(next.access_token)).toMatchObject({ org_id: "acme" });
    expect(await whoami(server, next.access_token)).toMatchObject({ organization: ACME });
  });

  it("is null without the option, for a person who belongs to none, and for a program", async () => {
    const plain = await startServer();
    const { server, answers } = await startWithOrganizations(
      {},
      { clients: [{ id: "nightly", secret: SECRET, grantTypes: ["client_credentials"], scopes: ["mcp"] }] },
    );
    answers([]);
    const program = await tokensOf(
      postForm(server, "/oauth/token", {
        grant_type: "client_credentials",
        client_id: "nightly",
        client_secret: SECRET,
      }),
    );
    const tokens: readonly (readonly [TestServer, Tokens])[] = [
      [plain, await connect(plain)],
      [server, await connectFor(server, undefined)],
      [server, program],
    ];
    for (const [one, { access_token }] of tokens) {
      expect(claimsOf(access_token)).not.toHaveProperty("org_id");
      expect(await whoami(one, access_token)).toMatchObject({ organization: null });
    }
  });

  it("is asked for with the person and the client: on the page, and again at the click", async () => {
    const { server, asked } = await startWithOrganizations();
    const { clientId, browser, location, state } = await atConsent(server);
    await browser.request(location);
    expect(asked).toHaveLength(1);
    await approveFor(browser, state, ["acme"]);
    const ada = { id: "ada", name: "Ada Lovelace" };
    const client = { id: clientId, name: "Test Client" };
    expect(asked).toEqual([
      [ada, client],
      [ada, client],
    ]);
  });
});

describe("the consent page", () => {
  it("ticks none the first time, and then the one of the newest connection", async () => {
    const { server } = await startWithOrganizations();
    const ticked = async (clientId: string) => {
      const { browser, location } = await atConsent(server, clientId);
      const html = await (await browser.request(location)).text();
      const inputs = html.match(/<input type="radio"[^>]*>/g) ?? [];
      expect(inputs).toHaveLength(2);
      return inputs
        .filter((input) => input.includes(" checked"))
        .map((input) => /value="(\w+)"/.exec(input)?.[1]);
    };
    const { client_id: clientId } = await register(server);
    expect(await ticked(clientId)).toEqual([]);
    for (const organization of ["acme", "globex"]) {
      await connectFor(server, organization, { clientId });
      server.advance(1);
      expect(await ticked(clientId)).toEqual([organization]);
    }
    const { client_id: another } = await register(server, { client_name: "Another" });
    expect(await ticked(another)).toEqual([]);
  });

  it("loads pictures from where they are, and from nowhere else", async () => {
    const { server, answers } = await startWithOrganizations();
    const { browser, location } = await atConsent(server);
    const policy = async () => (await browser.request(location)).headers.get("content-security-policy") ?? "";
    expect(await policy()).not.toContain("img-src");
    answers([
      { ...ACME, picture: "https://img.example/a.png?x=1;script-src *" },
      { ...GLOBEX, picture: "data:image/png;base64,AAAA" },
      { id: "c", name: "C", picture: "https://img.example/c.png" },
      { id: "d", name: "D", picture: "http://plain.example/d.png" },
    ]);
    expect((await policy()).split("; ").filter((directive) => /img|script/.test(directive))).toEqual([
      "img-src https://img.example data:",
    ]);
  });

  it("shows no name that passes for markup, or for something else", async () => {
    const { server, answers } = await startWithOrganizations();
    const { browser, location } = await atConsent(server);
    answers([{ id: '"><b>', name: "<script>alert(1)</script>\u202Egpj" }, ACME]);
    const html = await (await browser.request(location)).text();
    expect(html).toContain("&lt;script&gt;");
    expect(html).not.toMatch(/<script|<b>|\u202E/);
    expect(html).toContain('value="&quot;&gt;&lt;b&gt;"');
  });
});

describe("attacks on the choice", () => {
  test.each<[string, readonly string[], number]>([
    ["one that was never offered", ["initech"], 403],
    ["none, though there is something to choose", [], 400],
    ["an empty one", [""], 400],
    ["two at once", ["acme", "globex"], 400],
    ["one in another case", ["ACME"], 403],
    ["its name", ["Globex"], 403],
  ])("a form with %s approves nothing", async (_what, organizations, status) => {
    const { server } = await startWithOrganizations();
    const { browser, state } = await atConsent(server);
    const answer = await approveFor(browser, state, organizations);
    expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status });
    expect(answer.headers.get("location")).toBeNull();
  });

  it("a page that offered what the person has left since approves nothing", async () => {
    const { server, answers } = await startWithOrganizations();
    const { browser, location, state } = await atConsent(server);
    await browser.request(location);
    for (const left of [[GLOBEX], []]) {
      answers(left);
      const answer = await approveFor(browser, state, ["acme"]);
      expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status: 403 });
    }
    expect(server.lines.findLast(({ name }) => name === "request.refused")?.fields).toMatchObject({
      error: "access_denied",
      reason: 'organization "acme" is not offered to ada',
    });
  });

  it("says once what to do, and calls what the person chose before by its name", async () => {
    const { server, answers } = await startWithOrganizations({ called: "Team" });
    const { clientId } = await connectFor(server, "acme");
    const { browser, state } = await atConsent(server, clientId);
    const said = async (organizations: readonly string[]) =>
      shownText(await (await approveFor(browser, state, organizations)).text());
    const none = await said([]);
    expect(none).toMatch(/No Team is selected\. .*Go back and select one, or deny\./);
    expect(none).not.toContain("connect again");
    answers([GLOBEX]);
    expect(await said(["acme"])).toContain("You can't use Acme for this app any more.");
    // Of what the person never chose, no name is known here, and what a form says is not shown.
    expect(await said(["initech"])).toContain("You can't use what you selected for this app any more.");
    const grace = await atConsent(server, clientId, "grace");
    const page = shownText(await (await approveFor(grace.browser, grace.state, ["acme"])).text());
    expect(page).toContain("You can't use what you selected for this app any more.");
  });

  it("a page from before the person joined one does not decide for none", async () => {
    const { server, answers } = await startWithOrganizations();
    answers([]);
    const { browser, location, state } = await atConsent(server);
    await browser.request(location);
    answers([ACME]);
    const answer = await approveFor(browser, state, []);
    expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status: 400 });
  });

  it("a form that names one decides nothing on a server without the option", async () => {
    const server = await startServer();
    const { browser, state } = await atConsent(server);
    expect(await outcome(server, await approveFor(browser, state, ["acme"]))).toEqual({
      ...NOTHING_WRITTEN,
      status: 403,
    });
  });

  it("what one person may choose, another may not, with a form of their own or of the other", async () => {
    const of = ({ id }: { readonly id: string }) => (id === "ada" ? [ACME] : [GLOBEX]);
    const server = await startServer({ organizations: of });
    const ada = await atConsent(server);
    const grace = await atConsent(server, ada.clientId, "grace");
    const refused = [
      await approveFor(ada.browser, ada.state, ["globex"]),
      await approveFor(grace.browser, grace.state, ["acme"]),
      await approveFor(grace.browser, ada.state, ["acme"]),
      await approveFor(grace.browser, ada.state, ["globex"]),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await server.store.listGrants({})).toEqual([]);
    expect((await approveFor(grace.browser, grace.state, ["globex"])).status).toBe(303);
  });

  it("the button for an app on another computer checks the choice as well", async () => {
    const { server } = await startWithOrganizations();
    const redirectUri = "http://127.0.0.1:4000/callback";
    const { client_id: clientId } = await register(server, { redirect_uris: [redirectUri] });
    const browser = openBrowser(server);
    const url = authorizeUrl(clientId, newPkce().challenge, { redirect_uri: redirectUri });
    const { state } = await signIn(browser, url);
    const more = { decision: "approve_elsewhere" };
    for (const [organizations, status] of [
      [["initech"], 403],
      [[], 400],
    ] as const) {
      const answer = await approveFor(browser, state, organizations, more);
      expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status });
    }
    const shown = await approveFor(browser, state, ["acme"], more);
    expect(await outcome(server, shown)).toEqual({ status: 200, grants: [ACME] });
  });

  it("a second click on the form of one request can't change the organization, before or after the code is redeemed", async () => {
    const { server } = await startWithOrganizations();
    const { clientId, browser, verifier, state } = await atConsent(server);
    const first = await approveFor(browser, state, ["acme"]);
    const code = codeOf(first.headers.get("location"));
    const again = await approveFor(browser, state, ["acme"]);
    expect(codeOf(again.headers.get("location"))).toBe(code);
    expect(await outcome(server, await approveFor(browser, state, ["globex"]))).toEqual({
      status: 403,
      grants: [ACME],
    });
    const tokens = await tokensOf(redeem(server, clientId, { code, verifier }));
    expect(claimsOf(tokens.access_token)).toMatchObject({ org_id: "acme" });
    expect((await approveFor(browser, state, ["globex"])).status).toBe(403);
    expect((await callTool(server, tokens.access_token)).status).toBe(200);
  });

  it("a token of a lost approval does not open the grant that was made for another one under its id", async () => {
    const { server } = await startWithOrganizations({}, { secret: SECRET });
    const { access_token } = await connectFor(server, "acme");
    const key = await signingKeyOf(server);
    for (const org_id of ["globex", "", undefined]) {
      expect((await callTool(server, resign(key, access_token, { org_id }))).status).toBe(401);
    }
    expect(server.lines.map(({ fields }) => fields.reason)).toContain(
      "the grant is for another organization",
    );
  });
});

describe("a person who belongs to none, where one is required", () => {
  it("approves nothing, and hears that on a page", async () => {
    const { server, answers } = await startWithOrganizations({ required: true, called: "Workspace" });
    answers([]);
    const { browser, location, state } = await atConsent(server);
    const page = await browser.request(location);
    expect(page.status).toBe(403);
    expect(await page.text()).not.toContain('value="approve"');
    const answer = await approveFor(browser, state, []);
    expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status: 403 });
  });

  it("and connects once they belong to one, with the same request", async () => {
    const { server, answers } = await startWithOrganizations({ required: true });
    answers([]);
    const { browser, location, state } = await atConsent(server);
    expect((await browser.request(location)).status).toBe(403);
    answers([ACME]);
    expect((await browser.request(location)).status).toBe(200);
    expect((await approveFor(browser, state, ["acme"])).status).toBe(303);
  });

  it("refreshes no grant from before it was required: it ends, with its reason, and no one is asked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-organizations-"));
    try {
      const database = join(folder, "gatehouse.db");
      const before = await startServer({ database, secret: SECRET });
      const { clientId, refresh_token } = await connect(before);
      await closeServers();
      const { server, asked } = await startWithOrganizations(
        { required: true },
        { database, secret: SECRET },
      );
      expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
      expect(asked).toEqual([]);
      const [grant] = await server.store.listGrants({ clientId });
      expect(grant).toMatchObject({ revokedReason: "organization_missing", generation: 1 });
    } finally {
      await closeServers();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("an outage of organizations", () => {
  const outages: readonly (readonly [string, () => unknown])[] = [
    [
      "it throws",
      () => {
        throw new Error("the directory is down");
      },
    ],
    ["it rejects", async () => Promise.reject(new Error("down"))],
    ["it returns nothing", () => undefined],
    ["it returns text", () => "acme"],
    ["it returns what has no id", () => [{ name: "Acme" }]],
    [
      "it returns a row whose getter throws",
      () => [
        {
          id: "acme",
          get name(): string {
            throw new Error("the directory is down");
          },
        },
      ],
    ],
  ];

  it.each(outages)("ends on a page, and grants nothing: %s", async (_what, outage) => {
    const { server, answers } = await startWithOrganizations();
    const { browser, location, state } = await atConsent(server);
    answers(outage);
    for (const answer of [await browser.request(location), await approveFor(browser, state, ["acme"])]) {
      expect(await outcome(server, answer)).toEqual({ ...NOTHING_WRITTEN, status: 503 });
      expect(answer.headers.get("content-type")).toContain("text/html");
      expect(answer.headers.get("retry-after")).toBe("10");
      expect(await answer.text()).not.toContain("directory");
    }
    answers([ACME]);
    expect((await approveFor(browser, state, ["acme"])).status).toBe(303);
  });

  it.each(outages)("is 503 at a refresh and changes nothing: %s", async (_what, outage) => {
    const { server, answers } = await startWithOrganizations();
    const { clientId, access_token, refresh_token } = await connectFor(server, "acme");
    const before = await server.store.listGrants({ clientId });
    answers(outage);
    const answer = await refresh(server, clientId, refresh_token);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect(await server.store.listGrants({ clientId })).toEqual(before);
    expect((await callTool(server, access_token)).status).toBe(200);
    answers([ACME]);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(200);
  });

  it("is also that it takes too long: on the page, at the click and at a refresh", async () => {
    const { server, answers } = await startWithOrganizations({ timeoutSeconds: 1 });
    const { clientId, refresh_token } = await connectFor(server, "acme");
    const { browser, location, state } = await atConsent(server, clientId);
    const before = await server.store.listGrants({});
    answers(() => new Promise(() => {}));
    const slow = await Promise.all([
      browser.request(location),
      approveFor(browser, state, ["acme"]),
      refresh(server, clientId, refresh_token),
    ]);
    expect(slow.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(await server.store.listGrants({})).toEqual(before);
    expect(server.lines.map(({ name }) => name)).not.toContain("grant.revoked");
  });

  it("leaves Deny alone", async () => {
    const { server, answers } = await startWithOrganizations();
    const { browser, state } = await atConsent(server);
    answers(() => {
      throw new Error("down");
    });
    await decide(browser, state, "deny");
    expect(server.lines.map(({ name }) => name)).toContain("consent.denied");
  });
});

describe("a person who has left the organization of a grant", () => {
  const gone = async () => {
    const started = await startWithOrganizations();
    const tokens = await connectFor(started.server, "acme");
    started.answers([GLOBEX]);
    const grant = async () => (await started.server.store.listGrants({ clientId: tokens.clientId }))[0];
    return { ...started, ...tokens, grant };
  };

  it("gets no tokens at the next refresh, and the grant ends with its reason", async () => {
    const { server, clientId, access_token, refresh_token, grant, answers } = await gone();
    const answer = await refresh(server, clientId, refresh_token);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid_grant" });
    expect(await grant()).toMatchObject({ generation: 1, revokedReason: "organization_left" });
    expect((await callTool(server, access_token)).status).toBe(401);
    const audit = await server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(audit).toMatchObject([{ event: "grant.revoked", fields: { reason: "organization_left" } }]);
    expect(server.lines.map(({ name }) => name)).not.toContain("refresh.rotated");
    answers([ACME]);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  });

  it("nor by a repetition, inside the grace window or after it", async () => {
    for (const seconds of [0, 301]) {
      const { server, clientId, refresh_token, grant, answers } = await gone();
      answers([ACME]);
      const lost = await tokensOf(refresh(server, clientId, refresh_token));
      server.advance(seconds);
      answers([GLOBEX]);
      expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
      expect(await grant()).toMatchObject({ revokedReason: "organization_left" });
      expect((await refresh(server, clientId, lost.refresh_token)).status).toBe(400);
    }
  });

  it("nor where the refresh narrows the scope, nor by any of several at once", async () => {
    const { server, clientId, refresh_token } = await gone();
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        refresh(server, clientId, refresh_token, index % 2 === 0 ? { scope: "mcp" } : {}),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(server.lines.filter(({ name }) => name === "grant.revoked")).toHaveLength(1);
  });

  it("keeps the grants of others, and of other people", async () => {
    const { server, clientId, refresh_token } = await gone();
    const other = await connectFor(server, "globex", { clientId });
    await refresh(server, clientId, refresh_token);
    await tokensOf(refresh(server, clientId, other.refresh_token));
  });

  it("is not asked about for a token that is forged, another client's, stolen, or of a grant that has ended", async () => {
    const { server, clientId, refresh_token, asked, answers, grant } = await gone();
    answers([ACME]);
    const second = await tokensOf(refresh(server, clientId, refresh_token));
    await tokensOf(refresh(server, clientId, second.refresh_token));
    const { client_id: stranger } = await register(server, { client_name: "Another" });
    asked.length = 0;
    answers(() => {
      throw new Error("down");
    });
    expect((await refresh(server, clientId, `${second.refresh_token.slice(0, -4)}AAAA`)).status).toBe(400);
    expect((await refresh(server, stranger, second.refresh_token)).status).toBe(400);
    server.advance(301);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
    expect(await grant()).toMatchObject({ revokedReason: "refresh_reuse" });
    expect((await refresh(server, clientId, second.refresh_token)).status).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe("an MCP session, whose server a factory made for one organization", () => {
  /** A session for Acme, and a token of the same person and client for Globex. */
  const opened = async () => {
    const factory = ({ organization }: McpContext) => {
      const mcp = new McpServer({ name: "own", version: "1" });
      const text = `data of ${organization?.id}`;
      mcp.registerTool("read", {}, () => ({ content: [{ type: "text", text }] }));
      return mcp;
    };
    const started = await startWithOrganizations({}, { sessions: true }, { factory });
    const acme = await connectFor(started.server, "acme");
    const globex = await connectFor(started.server, "globex", { clientId: acme.clientId });
    const send = (token: string, message: unknown, session?: string) =>
      started.server.fetch(
        new Request(RESOURCE, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            authorization: `Bearer ${token}`,
            ...(session !== undefined && { "mcp-session-id": session }),
          },
          body: JSON.stringify(message),
        }),
      );
    const begin = async (token: string) => {
      const id = (await send(token, INITIALIZE)).headers.get("mcp-session-id") ?? "";
      return (other: string) => send(other, call("read"), id);
    };
    return { ...started, acme, globex, begin, read: await begin(acme.access_token) };
  };

  it("does not exist for a token of another organization, which begins its own", async () => {
    const { acme, globex, begin, read } = await opened();
    expect((await read(globex.access_token)).status).toBe(404);
    expect(await textOf(await read(acme.access_token))).toBe("data of acme");
    const own = await begin(globex.access_token);
    expect(await textOf(await own(globex.access_token))).toBe("data of globex");
  });

  it("goes on with refreshed tokens, and ends once the person has left", async () => {
    const { server, answers, acme, globex, read } = await opened();
    const next = await tokensOf(refresh(server, acme.clientId, acme.refresh_token));
    expect(await textOf(await read(next.access_token))).toBe("data of acme");
    answers([GLOBEX]);
    expect((await refresh(server, acme.clientId, next.refresh_token)).status).toBe(400);
    expect((await read(next.access_token)).status).toBe(401);
    expect((await read(globex.access_token)).status).toBe(404);
  });
});

describe("where a code is exchanged", () => {
  /** A person approved for Acme, and the client has not exchanged the code yet. */
  const approved = async () => {
    const started = await startWithOrganizations({ required: true });
    const { clientId, browser, verifier, state } = await atConsent(started.server);
    const code = codeOf((await approveFor(browser, state, ["acme"])).headers.get("location"));
    started.asked.length = 0;
    return {
      ...started,
      clientId,
      exchange: () => redeem(started.server, clientId, { code, verifier }),
      grant: async () => (await started.server.store.listGrants({ clientId }))[0],
    };
  };

  it("it is asked once, with the person and the client", async () => {
    const { clientId, asked, exchange } = await approved();
    expect(claimsOf((await tokensOf(exchange())).access_token)).toMatchObject({ org_id: "acme" });
    expect(asked).toEqual([
      [
        { id: "ada", name: "Ada Lovelace" },
        { id: clientId, name: "Test Client" },
      ],
    ]);
  });

  it.each([[[GLOBEX]], [[]]])("a person who has left since the approval gets no tokens: %o", async (left) => {
    const { server, answers, exchange, grant } = await approved();
    answers(left);
    const answer = await exchange();
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid_grant" });
    expect(await grant()).toMatchObject({ redeemedAt: null, revokedReason: "organization_left" });
    const audit = await server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(audit).toMatchObject([{ event: "grant.revoked", fields: { reason: "organization_left" } }]);
    answers([ACME]);
    expect((await exchange()).status).toBe(400);
    expect(server.lines.map(({ name }) => name)).not.toContain("code.redeemed");
  });

  it("an outage is 503 and changes nothing: the same code works afterwards", async () => {
    const { answers, exchange, grant } = await approved();
    const before = await grant();
    answers(() => {
      throw new Error("the directory is down");
    });
    const answer = await exchange();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect(await grant()).toEqual(before);
    answers([ACME]);
    expect((await exchange()).status).toBe(200);
  });
});

describe("isActive beside it", () => {
  it("comes first: of a person who is not active, nothing more is asked", async () => {
    let isActive = true;
    const { server, asked, answers } = await startWithOrganizations({}, { isActive: () => isActive });
    const { clientId, refresh_token } = await connectFor(server, "acme");
    const { browser, state } = await atConsent(server);
    isActive = false;
    answers([]);
    asked.length = 0;
    expect((await approveFor(browser, state, ["acme"])).status).toBe(403);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
    expect(asked).toEqual([]);
    expect((await server.store.listGrants({ clientId }))[0]).toMatchObject({
      revokedReason: "person_inactive",
    });
  });
});

describe("an ordinary refresh", () => {
  it("asks once", async () => {
    const { server, asked } = await startWithOrganizations();
    const { clientId, refresh_token } = await connectFor(server, "acme");
    asked.length = 0;
    await tokensOf(refresh(server, clientId, refresh_token));
    expect(asked).toHaveLength(1);
  });

  it("asks nothing of a grant without an organization", async () => {
    const { server, asked, answers } = await startWithOrganizations();
    answers([]);
    const { clientId, refresh_token } = await connectFor(server, undefined);
    asked.length = 0;
    answers([ACME]);
    const next = await tokensOf(refresh(server, clientId, refresh_token));
    expect(claimsOf(next.access_token)).not.toHaveProperty("org_id");
    expect(asked).toEqual([]);
  });
});

it("what happens while it is asked is seen afterwards: a grant that was ended meanwhile gets no tokens", async () => {
  const { server, answers } = await startWithOrganizations();
  const { clientId, refresh_token } = await connectFor(server, "acme");
  answers(async () => {
    await server.store.disablePerson("ada", server.now(), PERSON_DISABLED);
    return [ACME];
  });
  expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
});
