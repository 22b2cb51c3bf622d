import { describe, expect, it } from "vitest";
import { textOf } from "../support/account.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  newPkce,
  REDIRECT_URI,
  redeem,
  tokensOf,
} from "../support/client.ts";
import { CONSENT, decide, LOGIN, openBrowser, signIn } from "../support/person.ts";
import {
  approveFirst,
  ask,
  begin,
  endOf,
  followToEnd,
  REPORTS,
  startRemembering,
} from "../support/remembered.ts";
import { scopeGroups } from "../support/scope-groups.ts";
import { startServer } from "../support/server.ts";
import { PERSON_DISABLED, PERSON_ENABLED, REVOKED, SIGNED_OUT } from "../support/store/samples.ts";

// A client of which the operator says so asks a person once (decision 0049).

describe("a person who has approved such a client", () => {
  it("is sent back with a code, without a page, for the same scopes", async () => {
    const { server, browser } = await startRemembering();
    const ending = await ask(browser, { scope: "mcp todo:read" });
    if (ending.kind !== "code") throw new Error(endOf(ending));
    const tokens = await tokensOf(redeem(server, "reports", ending));
    expect(tokens.scope).toBe("mcp todo:read");
    expect((await callTool(server, tokens.access_token)).status).toBe(200);
    expect(await server.store.listGrants({})).toHaveLength(2);
  });

  it("is sent back with the state and issuer of the request", async () => {
    const { browser } = await startRemembering();
    const { location } = await begin(browser);
    const answer = await browser.request(location);
    const params = new URL(answer.headers.get("location") ?? "").searchParams;
    expect(params.get("state")).toBe("client-state");
    expect(params.get("iss")).toBe("https://mcp.example");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("gets fewer scopes where it asks for fewer, and no more by the next request", async () => {
    const { server, browser } = await startRemembering();
    const ending = await ask(browser, { scope: "mcp" });
    if (ending.kind !== "code") throw new Error(endOf(ending));
    expect((await tokensOf(redeem(server, "reports", ending))).scope).toBe("mcp");
    expect(endOf(await ask(browser, { scope: "mcp todo:read" }))).toBe("code");
    expect(endOf(await ask(browser, { scope: "mcp todo:write" }))).toBe(CONSENT);
  });

  it("signs in first where no one is signed in, and is not asked after that", async () => {
    const { server } = await startRemembering();
    const browser = openBrowser(server);
    const { location } = await signIn(browser, authorizeUrl("reports", newPkce().challenge));
    expect(endOf(await followToEnd(browser, location))).toBe("code");
  });

  it("has an entry in the audit log that says so, and names the approval that it rests on", async () => {
    const { server, browser } = await startRemembering();
    const [first] = await server.store.listGrants({});
    await ask(browser, { scope: "mcp" });
    const second = (await server.store.listGrants({})).find(({ id }) => id !== first?.id);
    const audit = await server.store.readAudit({ order: "newest_first", limit: 100 });
    const consents = audit.filter(({ event }) => event.startsWith("consent."));
    expect(consents).toMatchObject([
      {
        event: "consent.remembered",
        outcome: "ok",
        fields: {
          grant: second?.id,
          approved_grant: first?.id,
          client: "reports",
          person: "ada",
          scopes: ["mcp"],
          client_name: "Reports",
          redirect_host: "client.example",
        },
      },
      { event: "consent.approved", fields: { grant: first?.id } },
    ]);
    expect(server.lines.filter(({ name }) => name === "consent.remembered")).toHaveLength(1);
  });

  it("that opens the same address again has one grant, and then a page that says it is done", async () => {
    const { server, browser } = await startRemembering();
    const { location, verifier } = await begin(browser);
    const ending = await followToEnd(browser, location, verifier);
    expect(await followToEnd(browser, location, verifier)).toEqual(ending);
    expect(await server.store.listGrants({})).toHaveLength(2);
    if (ending.kind !== "code") throw new Error(endOf(ending));
    await tokensOf(redeem(server, "reports", ending));
    const again = await followToEnd(browser, location);
    expect(endOf(again)).toBe(CONSENT);
    expect(again).toMatchObject({ status: 200, html: expect.not.stringContaining("Approve</button>") });
  });
});

describe("the page asks all the same", () => {
  const asked = async (start: ReturnType<typeof startRemembering>, params = {}) =>
    endOf(await ask((await start).browser, params));

  it("where the operator did not say it of the client", async () => {
    const clients = [{ ...REPORTS, rememberConsent: false }];
    expect(await asked(startRemembering({ clients }))).toBe(CONSENT);
    expect(await asked(startRemembering({ clients: [{ ...REPORTS, rememberConsent: undefined }] }))).toBe(
      CONSENT,
    );
  });

  it("for prompt=consent, also beside others", async () => {
    expect(await asked(startRemembering(), { prompt: "consent" })).toBe(CONSENT);
    const { browser } = await startRemembering();
    const { state } = await signIn(
      browser,
      authorizeUrl("reports", newPkce().challenge, { prompt: "login consent" }),
    );
    const url = `https://mcp.example${CONSENT}?state=${encodeURIComponent(state)}`;
    expect(endOf(await followToEnd(browser, url))).toBe(CONSENT);
  });

  it("for one more scope, and marks it", async () => {
    const { browser } = await startRemembering();
    const ending = await ask(browser, { scope: "mcp todo:read todo:write" });
    if (ending.kind !== "page") throw new Error(endOf(ending));
    expect(textOf(ending.html)).toContain("You approved this app before, without what is listed here.");
    expect(newIn(ending.html)).toEqual(["Change your list"]);
  });

  it("where the app asks for what the person left out, and marks that", async () => {
    const server = await startServer({ clients: [REPORTS] });
    const browser = openBrowser(server);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl("reports", challenge, { scope: "mcp todo:write" }));
    const answer = await decide(browser, state, "approve", []);
    const code = codeOf(answer.headers.get("location"));
    await tokensOf(redeem(server, "reports", { code, verifier }));
    const ending = await ask(browser, { scope: "mcp todo:write" });
    if (ending.kind !== "page") throw new Error(endOf(ending));
    expect(newIn(ending.html)).toEqual(["Change your list"]);
    expect(endOf(await ask(browser, { scope: "mcp" }))).toBe("code");
  });

  it("where two approvals have the scopes only together", async () => {
    const { server, browser } = await startRemembering({}, {}, { scopes: ["mcp", "todo:read"] });
    await approveFirst(server, { scopes: ["mcp", "todo:write"] });
    expect(endOf(await ask(browser, { scope: "mcp todo:read todo:write" }))).toBe(CONSENT);
  });

  it("at another address of the same client", async () => {
    const other = "https://client.example/other";
    const clients = [{ ...REPORTS, redirectUris: [REDIRECT_URI, other] }];
    const { browser } = await startRemembering({ clients });
    expect(endOf(await ask(browser))).toBe("code");
    expect(endOf(await ask(browser, { redirect_uri: other }))).toBe(CONSENT);
  });

  it("for a client that never redeemed the code", async () => {
    const server = await startServer({ clients: [REPORTS] });
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl("reports", newPkce().challenge));
    await decide(browser, state, "approve");
    expect(endOf(await ask(browser))).toBe(CONSENT);
  });

  it("for a person who denied", async () => {
    const server = await startServer({ clients: [REPORTS] });
    const browser = openBrowser(server);
    const { state } = await signIn(browser, authorizeUrl("reports", newPkce().challenge));
    await decide(browser, state, "deny");
    expect(endOf(await ask(browser))).toBe(CONSENT);
  });

  it("on a loopback issuer, where no session stands for a person", async () => {
    const publicUrl = "http://localhost:3000";
    const server = await startServer({ clients: [REPORTS], publicUrl });
    const browser = openBrowser(server, publicUrl);
    const resource = `${publicUrl}/mcp`;
    const url = (challenge = newPkce().challenge) =>
      authorizeUrl("reports", challenge, { resource }).replace("https://mcp.example", publicUrl);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, url(challenge));
    const answer = await decide(browser, state, "approve", ["mcp"]);
    const code = codeOf(answer.headers.get("location"));
    const form = { grant_type: "authorization_code", client_id: "reports", code, code_verifier: verifier };
    const redeemed = await browser.submit("/oauth/token", { ...form, redirect_uri: REDIRECT_URI });
    expect(redeemed.status).toBe(200);
    const { location } = await signIn(browser, url());
    const page = await browser.request(location);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Approve</button>");
  });
});

/** What the page says is new. */
function newIn(html: string): readonly string[] {
  const [first, ...others] = scopeGroups(html);
  return others.length === 0 ? [] : (first?.scopes.map(({ label }) => label) ?? []);
}

describe("the approval counts as long as its grant lives", () => {
  const grantOf = async ({ store }: Awaited<ReturnType<typeof startServer>>) => {
    const [grant] = await store.listGrants({ isClicked: true });
    if (!grant) throw new Error("there is no grant");
    return grant;
  };

  it("and not once the operator or the app revoked it", async () => {
    const { server, browser } = await startRemembering();
    await server.store.revokeGrant((await grantOf(server)).id, "operator", server.now(), REVOKED);
    const ending = await ask(browser, { scope: "mcp todo:write" });
    if (ending.kind !== "page") throw new Error(endOf(ending));
    expect(ending.path).toBe(CONSENT);
    expect(ending.html).not.toContain("You approved this app before");
  });

  it("and not once it has ended, however often the app came back meanwhile", async () => {
    const { server, browser } = await startRemembering({ grantSeconds: 10 * DAY });
    server.advance(9 * DAY);
    const ending = await ask(await inNewBrowser(server), { scope: "mcp" });
    if (ending.kind !== "code") throw new Error(endOf(ending));
    await tokensOf(redeem(server, "reports", ending));
    server.advance(DAY);
    // What needed no click is no approval to rest on.
    expect(endOf(await ask(await inNewBrowser(server), { scope: "mcp" }))).toBe(CONSENT);
    expect(endOf(await ask(browser))).toBe(LOGIN);
  });

  it("and not once its refresh token has lapsed", async () => {
    const { server } = await startRemembering({ refreshTokenSeconds: DAY });
    server.advance(DAY);
    expect(endOf(await ask(await inNewBrowser(server)))).toBe(CONSENT);
  });

  it("and not once the person signed out everywhere, also in a session of after that", async () => {
    const { server } = await startRemembering();
    await server.store.signOutPerson("ada", server.now(), SIGNED_OUT);
    server.advance(1);
    expect(endOf(await ask(await inNewBrowser(server)))).toBe(CONSENT);
  });

  it("and not for a person who was disabled, and enabled again", async () => {
    const { server, browser } = await startRemembering();
    await server.store.disablePerson("ada", server.now(), PERSON_DISABLED);
    expect(endOf(await ask(browser))).toBe(LOGIN);
    await server.store.enablePerson("ada", PERSON_ENABLED);
    server.advance(1);
    expect(endOf(await ask(await inNewBrowser(server)))).toBe(CONSENT);
  });

  const DAY = 24 * 60 * 60;
  async function inNewBrowser(server: Awaited<ReturnType<typeof startServer>>) {
    const browser = openBrowser(server);
    const { state } = await begin(browser, { prompt: "login" });
    await browser.submit(LOGIN, { state, username: "ada", password: "lovelace" });
    return browser;
  }
});

describe("prompt=none", () => {
  it("succeeds where nothing must be asked", async () => {
    const { server, browser } = await startRemembering();
    const ending = await ask(browser, { prompt: "none" });
    if (ending.kind !== "code") throw new Error(endOf(ending));
    await tokensOf(redeem(server, "reports", ending));
  });

  it.each([
    ["more scopes", { scope: "mcp todo:write" }, "consent_required"],
    ["a sign-in that is too old", { max_age: "60" }, "login_required"],
  ])("is answered with an error for %s, and nothing is written", async (_what, params, error) => {
    const { server, browser } = await startRemembering();
    server.advance(61);
    expect(endOf(await ask(browser, { ...params, prompt: "none" }))).toBe(error);
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("is answered with login_required where no one is signed in", async () => {
    const { server } = await startRemembering();
    expect(endOf(await ask(openBrowser(server), { prompt: "none" }))).toBe("login_required");
  });

  it("shows no page where the person may no longer come in, or no one can tell", async () => {
    let answer: () => boolean = () => true;
    const { server, browser } = await startRemembering({ isActive: () => answer() });
    answer = () => false;
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("access_denied");
    answer = () => {
      throw new Error("the directory is down");
    };
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("temporarily_unavailable");
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("cannot be had by a client of which the operator did not say it", async () => {
    const clients = [{ ...REPORTS, rememberConsent: false }];
    const { browser } = await startRemembering({ clients });
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("consent_required");
  });
});

describe("the pages of such a client", () => {
  it("say that the approval is remembered, and what signing in shares", async () => {
    const server = await startServer({
      clients: [REPORTS, { ...REPORTS, id: "plain", rememberConsent: false }],
    });
    const remembered = "You won’t be asked again";
    for (const [clientId, isSaid] of [
      ["reports", true],
      ["plain", false],
    ] as const) {
      const browser = openBrowser(server);
      const login = await ask(browser, {}, { clientId });
      if (login.kind !== "page") throw new Error(endOf(login));
      expect(textOf(login.html).includes("Nothing is shared before you sign in."), clientId).toBe(isSaid);
      expect(textOf(login.html).includes("Nothing is shared until you approve."), clientId).toBe(!isSaid);
      const { location } = await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
      const page = textOf(await (await browser.request(location)).text());
      expect(page.toLowerCase().includes(remembered.toLowerCase()), clientId).toBe(isSaid);
    }
  });
});
