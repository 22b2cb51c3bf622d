import { describe, expect, it } from "vitest";
import { signInToAccount, textOf } from "../support/account.ts";
import { authorizeUrl, codeOf, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { callbackShown, decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer, type TestServerParts } from "../support/server.ts";
import { REVOKED } from "../support/store/samples.ts";

// "My app is on another computer": the same approval as that of Approve, answered by a page with the callback URL.

const LOCAL = "http://localhost:54212/callback";
const ELSEWHERE = /<button[^>]*value="approve_elsewhere"/;

async function atConsent(
  redirectUri = LOCAL,
  { parts = {} as TestServerParts, params = {} as Record<string, string> } = {},
) {
  const server = await startServer({}, parts);
  const { client_id: clientId } = await register(server, { redirect_uris: [redirectUri] });
  const { verifier, challenge } = newPkce();
  const browser = openBrowser(server);
  const url = authorizeUrl(clientId, challenge, {
    redirect_uri: redirectUri,
    scope: "mcp todo:write",
    ...params,
  });
  const { state, location } = await signIn(browser, url);
  const html = await (await browser.request(location)).text();
  const exchange = (code: string, changes = {}) =>
    redeem(server, clientId, { code, verifier }, { redirect_uri: redirectUri, ...changes });
  return { server, browser, state, html, exchange };
}
type At = Awaited<ReturnType<typeof atConsent>>;

const elsewhere = ({ browser, state }: Pick<At, "browser" | "state">, scopes = ["todo:write"]) =>
  decide(browser, state, "approve_elsewhere", scopes);

async function shownBy(answer: Promise<Response>): Promise<string> {
  const shown = callbackShown(await (await answer).text());
  if (shown === undefined) throw new Error(`${(await answer).status}: no callback URL is shown`);
  return shown;
}

const grantsOf = ({ store }: TestServer) => store.listGrants({});

describe("an app on another computer", () => {
  it("is approved by a button of its own, and its person sees the callback URL with code, state and iss", async () => {
    const at = await atConsent();
    expect(at.html).toMatch(ELSEWHERE);
    const answer = await elsewhere(at);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("location")).toBeNull();
    const shown = callbackShown(await answer.text()) ?? "";
    expect(shown).toMatch(/^http:\/\/localhost:54212\/callback\?code=/);
    const { searchParams } = new URL(shown);
    expect([...searchParams.keys()]).toEqual(["code", "state", "iss"]);
    expect(searchParams.get("state")).toBe("client-state");
    expect(searchParams.get("iss")).toBe("https://mcp.example");
    expect((await tokensOf(at.exchange(codeOf(shown)))).scope).toBe("mcp todo:write");
  });

  it("gets what stays ticked, and no more", async () => {
    const at = await atConsent();
    const shown = await shownBy(elsewhere(at, ["todo:read"]));
    expect((await tokensOf(at.exchange(codeOf(shown)))).scope).toBe("mcp");
  });

  it("has a code that is good once: the second use ends the grant", async () => {
    const at = await atConsent();
    const code = codeOf(await shownBy(elsewhere(at)));
    await tokensOf(at.exchange(code));
    expect((await at.exchange(code)).status).toBe(400);
    expect(await grantsOf(at.server)).toMatchObject([{ revokedReason: "code_reuse" }]);
  });

  it("has a code that is good for five minutes, and only with the verifier of the app that asked", async () => {
    const at = await atConsent();
    const code = codeOf(await shownBy(elsewhere(at)));
    expect((await at.exchange(code, { code_verifier: newPkce().verifier })).status).toBe(400);
    at.server.advance(300);
    expect((await at.exchange(code)).status).toBe(400);
    const [again] = [codeOf(await shownBy(elsewhere(at)))];
    at.server.advance(299);
    await tokensOf(at.exchange(again));
  });

  it("is one approval, whichever of the two buttons is clicked, and how often", async () => {
    const at = await atConsent();
    const redirected = await decide(at.browser, at.state, "approve", ["todo:write"]);
    const shown = await shownBy(elsewhere(at));
    expect(shown).toBe(redirected.headers.get("location"));
    expect(await shownBy(elsewhere(at))).toBe(shown);
    expect(await grantsOf(at.server)).toHaveLength(1);
  });

  it("is in the audit log, also where the other button was clicked first", async () => {
    const at = await atConsent();
    await decide(at.browser, at.state, "approve", ["todo:write"]);
    await shownBy(elsewhere(at));
    const kept = await at.server.store.readAudit({ order: "oldest_first", limit: 100 });
    const approvals = kept.filter(({ event }) => event === "consent.approved");
    expect(approvals.map(({ fields }) => "callback_shown" in fields)).toEqual([false, true]);
  });

  it("is not shown to the person again once it has connected, or the grant has ended", async () => {
    const at = await atConsent();
    await tokensOf(at.exchange(codeOf(await shownBy(elsewhere(at)))));
    const again = await (await elsewhere(at)).text();
    expect(textOf(again)).toContain("Already connected");
    expect(again).not.toContain("code=");
    const [grant] = await grantsOf(at.server);
    await at.server.store.revokeGrant(grant?.id ?? "", "operator", at.server.now(), REVOKED);
    const ended = await elsewhere(at);
    expect(ended.status).toBe(403);
    expect(await ended.text()).not.toContain("code=");
  });

  it("is in the audit log with the word that its callback was shown; the code is in no log", async () => {
    const at = await atConsent();
    const code = codeOf(await shownBy(elsewhere(at)));
    const audit = await at.server.store.readAudit({ order: "newest_first", limit: 10 });
    expect(audit[0]).toMatchObject({ event: "consent.approved", fields: { callback_shown: true } });
    expect(JSON.stringify([audit, at.server.lines])).not.toContain(code);
    const other = await atConsent();
    await decide(other.browser, other.state, "approve");
    const [plain] = await other.server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(plain?.event).toBe("consent.approved");
    expect(plain?.fields).not.toHaveProperty("callback_shown");
  });
});

it("of an app on another computer, the account pages do not say that the person was sent back, or where the app is", async () => {
  const at = await atConsent();
  await tokensOf(at.exchange(codeOf(await shownBy(elsewhere(at)))));
  const browser = openBrowser(at.server);
  const account = textOf((await signInToAccount(browser)).html);
  expect(account).toContain("An app at localhost:54212 on a computer");
  const timeline = textOf(await (await browser.request("/account/timeline")).text());
  expect(timeline).toContain("For an app on another computer: you were shown a URL to paste.");
  expect(timeline).not.toContain("Sent you back");
});

describe("the page with the callback URL", () => {
  it("has no link to it, no script, and tells no one where the person was", async () => {
    const answer = await elsewhere(await atConsent());
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await answer.text();
    expect([...html.matchAll(/(?:href|src|action|content)="([^"]*)"/g)].join()).not.toContain(
      "localhost:54212",
    );
    expect(html).not.toContain("<script");
    expect(html).not.toContain("http-equiv");
  });

  it("warns, and leads to the account page, where the connection can be ended", async () => {
    const html = await (await elsewhere(await atConsent())).text();
    expect(textOf(html)).toContain("Paste this only into the app that you started yourself.");
    expect(html).toContain('href="https://mcp.example/account"');
  });

  it("escapes what the client chose", async () => {
    const state = `"><script>alert('x')</script>&amp;`;
    const html = await (await elsewhere(await atConsent(LOCAL, { params: { state } }))).text();
    expect(html).not.toContain("<script");
    expect(new URL(callbackShown(html) ?? "").searchParams.get("state")).toBe(state);
  });
});

describe("nothing is approved, and no callback is shown,", () => {
  it.each([
    ["for a website", "https://client.example/callback"],
    ["for an app that a scheme opens", "cursor://anysphere.cursor-mcp/oauth/callback"],
    ["where the address has a command in it", "http://localhost:54212/$(reboot)"],
    ["where the address begins another command", "http://localhost:54212/cb?a=1&reboot"],
  ])("%s", async (_what, redirectUri) => {
    const at = await atConsent(redirectUri);
    expect(at.html).toContain('value="approve"');
    expect(at.html).not.toMatch(ELSEWHERE);
    const answer = await elsewhere(at);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(await answer.text()).not.toContain("code=");
    expect(await grantsOf(at.server)).toEqual([]);
    expect(at.server.lines.map(({ name }) => name)).not.toContain("consent.approved");
    // The request goes on: the person can still approve, and nothing was decided yet.
    expect((await decide(at.browser, at.state, "approve")).status).toBeLessThan(400);
  });

  it("for a form of another site, another browser, or no sign-in", async () => {
    const at = await atConsent();
    const form = { state: at.state, decision: "approve_elsewhere" };
    const foreign = { headers: { "sec-fetch-site": "cross-site" } };
    const answers = [
      await at.browser.submit("/oauth/consent", form, foreign),
      await decide(openBrowser(at.server), at.state, "approve_elsewhere"),
      await decide(at.browser, "made up", "approve_elsewhere"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 400]);
    for (const answer of answers) expect(await answer.text()).not.toContain("code=");
    expect(await grantsOf(at.server)).toEqual([]);
  });
});

it("a person who is no longer active approves no app on another computer either", async () => {
  let isActive = true;
  const server = await startServer({ isActive: () => isActive });
  const { client_id: clientId } = await register(server, { redirect_uris: [LOCAL] });
  const browser = openBrowser(server);
  const { state } = await signIn(
    browser,
    authorizeUrl(clientId, newPkce().challenge, { redirect_uri: LOCAL }),
  );
  isActive = false;
  const answer = await decide(browser, state, "approve_elsewhere");
  expect(answer.status).toBe(403);
  expect(await answer.text()).not.toContain("code=");
  expect(await grantsOf(server)).toEqual([]);
});
