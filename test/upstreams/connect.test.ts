import { describe, expect, it } from "vitest";
import { keyUpstream } from "../../src/authorization-server/upstreams/index.ts";
import { finishSignIn, follow, openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import { connect } from "../support/client.ts";
import { markedTexts, unmarked } from "../support/marked-texts.ts";
import { stateOf } from "../support/person.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { sampleEntry } from "../support/store/samples.ts";
import {
  approveThere,
  connectGithub,
  GITHUB,
  KEY,
  leave,
  linkIn,
  said,
  startElsewhere,
} from "../support/upstreams.ts";

// How a person connects what they have elsewhere: from the account page, and from the link of a tool.

describe("the account page", () => {
  it("lists every service, and what the person has there", async () => {
    const { open } = await startElsewhere();
    const page = textOf((await signInToAccount(open())).html);
    expect(page).toContain("Connected services");
    expect(page).toMatch(/GitHub Not connected\s+Connect/);
    expect(page).toMatch(/Jira No key stored/);
    expect(page).toContain("Make one in your Jira profile.");
  });

  it("has no such section where the server has no services", async () => {
    const { open } = await startElsewhere({ upstreams: {} });
    expect(textOf((await signInToAccount(open())).html)).not.toContain("Connected services");
  });

  it("leads to the service, with a state, a challenge and the redirect URI of that service", async () => {
    const { server, network, open } = await startElsewhere();
    const browser = open();
    const page = await signInToAccount(browser);
    const url = await leave(browser, page);
    expect(url.origin + url.pathname).toBe("https://github.com/login/oauth/authorize");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      redirect_uri: "https://mcp.example/oauth/callback/github/connect",
      scope: "repo",
      code_challenge_method: "S256",
    });
    expect(url.searchParams.get("state")).toMatch(/^[\w-]{43}$/);
    expect(await server.store.listUpstreamCredentials("ada")).toEqual([]);
    // Nothing was asked of it before.
    expect(network.asked).toEqual([]);
  });

  it("says that it is connected once the person comes back, and a tool gets the token", async () => {
    const elsewhere = await startElsewhere();
    const { server, github } = elsewhere;
    const { page } = await connectGithub(elsewhere);
    const text = textOf(page.html);
    expect(text).toContain("GitHub is connected. If an app waits for it, go back to the app and try again.");
    expect(text).toMatch(/GitHub ada\s+Since .+\. Not used yet\.\s+Permissions: repo\./);
    expect(text).toMatch(/Connect again\s+Disconnect/);
    const client = await connect(server);
    expect(await said(server, client, "github_token")).toMatch(/^gho_/);
    expect(github.calls.filter((call) => call.startsWith("/user/"))).toEqual([]);
    expect(server.lines.findLast(({ name }) => name === "upstream.connected")?.fields).toMatchObject({
      person: "ada",
      upstream: "github",
      kind: "token",
    });
  });

  it("opens the page at the section after a change, which says what was done; the key's row says why it was refused", async () => {
    const check = (key: string) => key === KEY;
    const jira = keyUpstream({
      label: "Jira",
      help: "Make one there.",
      keysUrl: "https://j.example/k",
      check,
    });
    const elsewhere = await startElsewhere({ upstreams: { github: GITHUB, jira } });
    const browser = elsewhere.open();
    const page = await signInToAccount(browser);
    const callback = await approveThere(elsewhere.network, await leave(browser, page));
    const store = (key: string) => press(browser, page, "upstreams.store_key", { upstream: "jira", key });
    const changes = [
      await browser.request(callback.href),
      await store(KEY),
      await press(browser, page, "upstreams.disconnect", { upstream: "github" }),
    ];
    for (const change of changes) {
      expect(new URL(change.headers.get("location") ?? "").hash).toBe("#services");
      const { html } = await follow(browser, change);
      expect(html.match(/role="status"/g)).toHaveLength(1);
      expect(html.indexOf('role="status"')).toBeGreaterThan(html.indexOf('<h2 id="services">'));
    }
    const refused = await (await store("not the key")).text();
    expect(refused.match(/role="alert"/g)).toHaveLength(1);
    expect(textOf(refused)).toContain(
      "Remove key Jira does not take this key. Check that you copied all of it. Another key for Jira Make one there. The key is kept encrypted, and never shown again.",
    );
    expect(refused).toContain('rel="noreferrer">Make one there.</a>');
    const order = ["apps", "services", "sessions", "sign-ins"].map((id) =>
      refused.indexOf(`<h2 id="${id}">`),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(Math.min(...order)).toBeGreaterThan(0);
  });

  it("never shows a token or a key, and neither does the log", async () => {
    const elsewhere = await startElsewhere();
    const { server } = elsewhere;
    const { browser, page } = await connectGithub(elsewhere);
    const stored = await press(browser, page, "upstreams.store_key", { upstream: "jira", key: KEY });
    const shown = await follow(browser, stored);
    const client = await connect(server);
    const [token, key] = [await said(server, client, "github_token"), await said(server, client, "jira_key")];
    expect([token.slice(0, 4), key]).toEqual(["gho_", KEY]);
    const audit = await server.store.readAudit({ order: "newest_first", limit: 500 });
    const rows = await server.store.listUpstreamCredentialsAfter({ personId: "", upstream: "" }, 10);
    const everywhere = [shown.html, stored.headers.get("location"), server.lines, audit, rows];
    for (const secret of [token, key]) expect(JSON.stringify(everywhere)).not.toContain(secret);
    expect(rows).toHaveLength(2);
  });

  it("connects again: another account takes the place of the one before", async () => {
    const elsewhere = await startElsewhere();
    const { server, github, network } = elsewhere;
    const { browser, page } = await connectGithub(elsewhere);
    const client = await connect(server);
    const before = await said(server, client, "github_token");
    github.say({ user: { id: 7, login: "countess" } });
    const callback = await approveThere(network, await leave(browser, page));
    const again = await follow(browser, await browser.request(callback.href));
    expect(textOf(again.html)).toContain("GitHub countess");
    expect(textOf(again.html)).not.toContain("GitHub ada");
    const after = await said(server, client, "github_token");
    expect(after).toMatch(/^gho_/);
    expect(after).not.toBe(before);
  });

  it("disconnects: the tool answers with a link from then on, and the grant stays", async () => {
    const elsewhere = await startElsewhere();
    const { server } = elsewhere;
    const { browser, page } = await connectGithub(elsewhere);
    const client = await connect(server);
    await said(server, client, "github_token");
    const gone = await follow(
      browser,
      await press(browser, page, "upstreams.disconnect", { upstream: "github" }),
    );
    expect(textOf(gone.html)).toContain("GitHub is disconnected here.");
    expect(textOf(gone.html)).toMatch(/GitHub Not connected/);
    expect(linkIn(await said(server, client, "github_token"))).toContain("/account/connect/github?ticket=");
    expect(await said(server, client, "whoami")).toContain('"id":"ada"');
    const twice = await follow(
      browser,
      await press(browser, gone, "upstreams.disconnect", { upstream: "github" }),
    );
    expect(textOf(twice.html)).toContain("Nothing was stored for GitHub.");
  });

  it("stores a key, replaces it and removes it", async () => {
    const { server, open } = await startElsewhere();
    const browser = open();
    const first = await signInToAccount(browser);
    const store = (key: string) => press(browser, first, "upstreams.store_key", { upstream: "jira", key });
    const stored = await follow(browser, await store(`  ${KEY}\n`));
    expect(textOf(stored.html)).toContain("Your key for Jira is stored.");
    const client = await connect(server);
    expect(await said(server, client, "jira_key")).toBe(KEY);
    await store("another-key-9876543210");
    expect(await said(server, client, "jira_key")).toBe("another-key-9876543210");
    const gone = await follow(
      browser,
      await press(browser, first, "upstreams.disconnect", { upstream: "jira" }),
    );
    expect(textOf(gone.html)).toContain("Your key for Jira is removed here.");
    expect(linkIn(await said(server, client, "jira_key"))).toContain("/account/connect/jira?ticket=");
  });

  it("still ends what is kept for a service that the options don't have any more", async () => {
    const elsewhere = await startElsewhere();
    const { browser, page } = await connectGithub(elsewhere);
    expect(page.html).toContain("upstreams.disconnect");
    const { store, now } = elsewhere.server;
    const row = await store.findUpstreamCredential("ada", "github");
    if (!row) throw new Error("nothing is connected");
    await store.saveUpstreamCredential(
      { ...row, upstream: "old", now: now() },
      sampleEntry("upstream.connected"),
    );
    const shown = await openAccount(browser);
    expect(textOf(shown.html)).toContain("This server no longer uses this service.");
    const gone = await follow(
      browser,
      await press(browser, shown, "upstreams.disconnect", { upstream: "old" }),
    );
    expect(textOf(gone.html)).toContain("What was kept for that service is removed.");
    expect(await store.findUpstreamCredential("ada", "old")).toBeUndefined();
    for (const upstream of ["old", "nowhere", "", "__proto__"]) {
      const none = await follow(browser, await press(browser, gone, "upstreams.disconnect", { upstream }));
      expect(textOf(none.html)).toContain("Nothing was stored for that service.");
      expect(none.html).not.toContain("What was kept for that service is removed.");
    }
  });
});

describe("the link of a tool", () => {
  it("asks for a sign-in, then whether to connect, and then leads to the service", async () => {
    const elsewhere = await startElsewhere();
    const { server, network, open } = elsewhere;
    const client = await connect(server);
    const answer = await said(server, client, "github_token");
    expect(answer).toContain("This needs your account at GitHub.");
    const browser = open();
    const begun = await browser.request(linkIn(answer));
    expect(leadsTo(begun)).toBe("/oauth/login");
    const login = textOf(await (await browser.request(begun.headers.get("location") ?? "")).text());
    expect(login).toContain("Sign in to connect GitHub");
    // Whoever has the link does not learn whose it is.
    expect(login).not.toContain("Ada");
    const page = await finishSignIn(browser, begun);
    const text = textOf(page.html);
    expect(text).toContain("Connect GitHub to Test App?");
    expect(text).toContain("Ada Lovelace");
    expect(text).toContain("ID ada");
    const callback = await approveThere(network, await leave(browser, page));
    const done = await follow(browser, await browser.request(callback.href));
    expect(textOf(done.html)).toContain("GitHub is connected.");
    expect(await said(server, client, "github_token")).toMatch(/^gho_/);
  });

  it("shows the page at once to the person who has just signed in", async () => {
    const { server, open } = await startElsewhere();
    const client = await connect(server);
    const link = linkIn(await said(server, client, "github_token"));
    const browser = open();
    await signInToAccount(browser);
    const page = await browser.request(link);
    expect(page.status).toBe(200);
    expect(textOf(await page.text())).toContain("Connect GitHub to Test App?");
  });

  it("asks a person for a new sign-in whose own is older than five minutes", async () => {
    const { server, open } = await startElsewhere();
    const browser = open();
    await signInToAccount(browser);
    server.advance(5 * 60 + 1);
    const client = await connect(server);
    const begun = await browser.request(linkIn(await said(server, client, "github_token")));
    expect(leadsTo(begun)).toBe("/oauth/login");
    expect(textOf((await finishSignIn(browser, begun)).html)).toContain("Connect GitHub to Test App?");
  });

  it("of a service with keys asks for the key", async () => {
    const { server, open } = await startElsewhere();
    const client = await connect(server);
    const answer = await said(server, client, "jira_key");
    expect(answer).toContain("This needs your key for Jira.");
    const browser = open();
    const page = await finishSignIn(browser, await browser.request(linkIn(answer)));
    expect(textOf(page.html)).toContain("Store a key for Jira in Test App?");
    await follow(browser, await press(browser, page, "upstreams.store_key", { upstream: "jira", key: KEY }));
    expect(await said(server, client, "jira_key")).toBe(KEY);
  });

  it.each([
    ["after ten minutes", (link: string) => link, 10 * 60],
    ["for another service", (link: string) => link.replace("/connect/github", "/connect/jira"), 0],
    ["without its ticket", (link: string) => link.replace(/\?.*/, ""), 0],
    [
      "with a ticket that is made up",
      (link: string) => link.replace(/ticket=.*/, "ticket=eyJhbGciOiJkaXIifQ..x.y.z"),
      0,
    ],
  ])("leads nowhere %s, and says what to do", async (_what, change, seconds) => {
    const { server, open } = await startElsewhere();
    const client = await connect(server);
    const link = change(linkIn(await said(server, client, "github_token")));
    server.advance(seconds);
    const browser = open();
    await signInToAccount(browser);
    const answer = await browser.request(link);
    expect(answer.status).toBe(400);
    const text = textOf(await answer.text());
    expect(text).toContain("Nothing was connected");
    expect(text).toContain("This link has expired, or is incomplete.");
  });
});

it("all that people read of it is in the texts, refusals included", async () => {
  const elsewhere = await startElsewhere({
    options: { texts: markedTexts },
    upstreams: { github: GITHUB, jira: keyUpstream({ label: "Jira", check: (key) => key === KEY }) },
  });
  const { server, network, github: double, open } = elsewhere;
  const pages: string[] = [];
  const read = async (answer: Response) => {
    pages.push(await answer.clone().text());
    return answer;
  };
  const link = linkIn(await said(server, await connect(server), "github_token"));
  const browser = open();
  const begun = await browser.request(link);
  await read(await browser.request(begun.headers.get("location") ?? ""));
  const graces = { state: stateOf(begun.headers.get("location")), username: "grace", password: "hopper" };
  await read(await browser.submit("/oauth/login", graces));
  const page = await finishSignIn(browser, begun);
  pages.push(page.html);
  const leaving = await approveThere(network, await leave(browser, page));
  const there = await browser.request(leaving.href);
  pages.push((await follow(browser, there)).html);
  await read(await browser.request(leaving.href));
  double.say({ token: { error: "bad_verification_code" } });
  await read(await browser.request((await approveThere(network, await leave(browser, page))).href));
  double.say({ answer: { error: "access_denied" } });
  const denied = await browser.request((await approveThere(network, await leave(browser, page))).href);
  pages.push((await follow(browser, denied)).html);
  for (const [action, fields] of [
    ["store_key", { upstream: "jira", key: "" }],
    ["store_key", { upstream: "jira", key: "not the key" }],
    ["connect", { upstream: "jira" }],
    ["finish", { upstream: "github" }],
  ] as const)
    await read(await press(browser, page, `upstreams.${action}`, fields));
  for (const [action, fields] of [
    ["store_key", { upstream: "jira", key: KEY }],
    ["disconnect", { upstream: "jira" }],
    ["disconnect", { upstream: "jira" }],
    ["disconnect", { upstream: "github" }],
    ["disconnect", { upstream: "gone" }],
  ] as const) {
    const done = await press(browser, page, `upstreams.${action}`, fields);
    pages.push((await follow(browser, done)).html);
  }
  await read(await browser.request("/account/connect/github"));
  const values = [
    "Test App",
    "T",
    "G",
    "GitHub",
    "Jira",
    "Ada Lovelace",
    "ada",
    "repo",
    "Test Client",
    "Use the tools",
  ];
  const beside = pages.flatMap(unmarked).map((text) => text.replace(/^· /, ""));
  expect(beside.filter((text) => !values.includes(text))).toEqual([]);
  expect(pages.length).toBeGreaterThan(15);
});
