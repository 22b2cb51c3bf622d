import { describe, expect, it } from "vitest";
import { keyUpstream } from "../../src/authorization-server/upstreams/index.ts";
import type { AuditEntry } from "../../src/core/events.ts";
import { GRANT_REFUSALS, REVOCATION_REASONS } from "../../src/core/grant.ts";
import { english } from "../../src/pages/texts/en.ts";
import { openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import {
  authorize,
  authorizeUrl,
  connect,
  newPkce,
  postForm,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  APPROVED,
  approveSample,
  PERSON_DISABLED,
  PERSON_REMOVED,
  SIGNED_OUT,
  sampleEntry,
} from "../support/store/samples.ts";

const DAY = 24 * 60 * 60;
const ADDRESS = "203.0.113.7";
const idOf = (token: string) => token.split(".")[0] ?? "";
const OPERATOR = { operator: "root", address: "command line" } as const;

/** A server, and a browser in which Ada signs in whenever she looks. */
async function arrange() {
  const server = await startServer();
  const at = { fetch: (request: Request) => server.fetch(request, { address: ADDRESS }) };
  const browser = openBrowser(at);
  return { server, at, browser };
}

/** The entries of the page as they are read, newest first. */
async function timeline(
  at: Pick<TestServer, "fetch">,
  username = "ada",
  password = "lovelace",
): Promise<readonly string[]> {
  const browser = openBrowser(at);
  await signInToAccount(browser, username, password);
  return entriesIn(await (await browser.request("/account/timeline")).text());
}

const entriesIn = (html: string) =>
  html
    .split('<li class="row">')
    .slice(1)
    .map((row) => textOf(row.split("</li>")[0] ?? ""));

/** A person approves more for a client: in the browser that they have. */
async function approve(browser: Browser, clientId: string, scopes: readonly string[]): Promise<void> {
  const url = authorizeUrl(clientId, newPkce().challenge, { scope: scopes.join(" ") });
  const asked = await browser.request(url);
  await decide(browser, stateOf(asked.headers.get("location")), "approve", scopes);
}

describe("the timeline says", () => {
  it("what was approved: for which app, what it may do, where it led, and from where", async () => {
    const { at, browser } = await arrange();
    await connect(at, { scopes: ["mcp", "todo:read"], browser });
    expect(await timeline(at)).toEqual([
      "You approved Test Client 1 Nov 2026, 00:00 UTC It may: Use the tools; See your list. Sent you back to client.example From 203.0.113.7",
    ]);
  });

  it("what was denied", async () => {
    const { at, browser } = await arrange();
    const { client_id } = await register(at);
    const { state } = await signIn(browser, authorizeUrl(client_id, newPkce().challenge));
    await decide(browser, state, "deny");
    expect(await timeline(at)).toEqual(["You denied Test Client 1 Nov 2026, 00:00 UTC From 203.0.113.7"]);
  });

  it("that more was approved for an app that has less, and only then", async () => {
    const { server, at, browser } = await arrange();
    const { client_id } = await register(at);
    const first = await authorize(at, client_id, { scopes: ["mcp"], browser });
    // Not connected yet: nothing is stepped up from that.
    server.advance(1);
    await approve(browser, client_id, ["mcp", "todo:read"]);
    const { refresh_token } = await tokensOf(redeem(at, client_id, first));
    server.advance(1);
    await approve(browser, client_id, ["mcp"]);
    server.advance(1);
    await approve(browser, client_id, ["mcp", "todo:write"]);
    const [record] = await server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(record?.fields).toMatchObject({ stepped_up_from: idOf(refresh_token) });
    const headlines = (await timeline(at)).map((text) => text.split(" 1 Nov")[0]);
    expect(headlines).toEqual([
      "You approved more for Test Client",
      "You approved Test Client",
      "You approved Test Client",
      "You approved Test Client",
    ]);
  });

  it.each<
    [
      string,
      (given: { server: TestServer; clientId: string; token: string; grant: string }) => Promise<unknown>,
      string,
    ]
  >([
    [
      "the app itself",
      ({ server, clientId, token }) => postForm(server, "/oauth/revoke", { client_id: clientId, token }),
      "Test Client was disconnected 1 Nov 2026, 00:01 UTC The app ended it itself.",
    ],
    [
      "the operator, who is not named",
      ({ server, clientId: client, grant }) =>
        server.store.revokeGrant(
          grant,
          "operator",
          server.now(),
          sampleEntry("grant.revoked", {
            at: server.now(),
            fields: {
              grant,
              client,
              client_name: "Test Client",
              person: "ada",
              reason: "operator",
              ...OPERATOR,
            },
          }),
        ),
      "Test Client was disconnected 1 Nov 2026, 00:01 UTC The operator of this server ended it.",
    ],
    [
      "a stolen refresh token",
      async ({ server, clientId, token }) => {
        const { refresh_token } = await tokensOf(refresh(server, clientId, token));
        await tokensOf(refresh(server, clientId, refresh_token));
        await refresh(server, clientId, token);
      },
      "Test Client was disconnected 1 Nov 2026, 00:01 UTC An old access key of the app was used again. Someone may have copied it, so the connection was ended.",
    ],
  ])("who ended an app, and why: %s", async (_who, end, said) => {
    const { server, at, browser } = await arrange();
    const { clientId, refresh_token: token } = await connect(at, { browser });
    server.advance(60);
    await end({ server, clientId, token, grant: idOf(token) });
    const [newest, approval] = await timeline(at);
    expect(newest).toBe(said);
    expect(newest).not.toContain("root");
    expect(approval).toContain("You approved Test Client");
    expect(approval).toContain("This connection ended 1 Nov 2026, 00:01 UTC.");
  });

  it("that the person ended one, and all", async () => {
    const { server, at, browser } = await arrange();
    const { refresh_token } = await connect(at, { browser });
    await connect(at);
    const page = await openAccount(browser);
    await press(browser, page, "end_app", { grant: idOf(refresh_token) });
    server.advance(60);
    await press(browser, page, "end_all_apps");
    const [all, one] = await timeline(at);
    expect(all).toBe(
      "All your apps were disconnected 1 Nov 2026, 00:01 UTC You did this on your account page. From 203.0.113.7",
    );
    expect(one).toBe(
      "Test Client was disconnected 1 Nov 2026, 00:00 UTC You did this on your account page. From 203.0.113.7",
    );
  });

  it.each<[string, (server: TestServer) => Promise<unknown>, string]>([
    [
      "signed the person out",
      ({ store, now }) => store.signOutPerson("ada", now(), { ...SIGNED_OUT, at: now() }),
      "The operator of this server signed you out everywhere, and all your apps were disconnected 1 Nov 2026, 00:01 UTC",
    ],
    [
      "disabled the person",
      async ({ store, now }) => {
        await store.disablePerson("ada", now(), { ...PERSON_DISABLED, at: now() });
        await store.enablePerson("ada", sampleEntry("person.enabled", { at: now() }));
      },
      "The operator of this server enabled your account again 1 Nov 2026, 00:01 UTC",
    ],
  ])("that the operator %s", async (_what, end, said) => {
    const { server, at, browser } = await arrange();
    await connect(at, { browser });
    server.advance(60);
    await end(server);
    server.advance(60);
    const told = await timeline(at);
    expect(told[0]).toBe(said);
    expect(told.at(-1)).toMatch(/You approved Test Client .* This connection ended 1 Nov 2026, 00:01 UTC\. /);
  });

  it.each<[string, (server: TestServer, clientId: string) => Promise<unknown>, string]>([
    [
      "disabled",
      ({ store, now }, client) =>
        store.disableClient(client, now(), sampleEntry("client.disabled", { at: now(), fields: { client } })),
      "The operator of this server disabled the app.",
    ],
    [
      "removed",
      ({ store, now }, client) =>
        store.removeClient(client, now(), sampleEntry("client.removed", { at: now(), fields: { client } })),
      "The operator of this server removed the app.",
    ],
  ])("that the operator %s the app, on the day and long after", async (_what, end, why) => {
    const { server, at, browser } = await arrange();
    const { clientId } = await connect(at, { browser });
    server.advance(60);
    await end(server, clientId);
    const said = `This connection ended 1 Nov 2026, 00:01 UTC. ${why}`;
    expect(await timeline(at)).toMatchObject([expect.stringContaining(said)]);
    server.advance(30 * DAY);
    await server.store.deleteExpired(server.now(), 100);
    expect(await server.store.listGrants({ personId: "ada" })).toEqual([]);
    expect(await timeline(at)).toMatchObject([expect.stringContaining(said)]);
  });

  it("that a connection ran out, and when nothing is known any more, that it has ended", async () => {
    const { server, at, browser } = await arrange();
    await connect(at, { browser });
    await authorize(at, (await register(at)).client_id);
    server.advance(30 * DAY);
    expect(await timeline(at)).toMatchObject([
      expect.stringContaining(
        "This connection ended 1 Nov 2026, 00:05 UTC. The app did not connect in time.",
      ),
      expect.stringContaining("This connection ended 1 Dec 2026, 00:00 UTC. It was not used for a long time"),
    ]);
    server.advance(2 * DAY);
    await server.store.deleteExpired(server.now(), 100);
    for (const entry of await timeline(at)) expect(entry).toMatch(/This connection has ended\.$/);
  });

  it("which other services were connected, by the name that people know, and by whom they were ended", async () => {
    const server = await startServer({ upstreams: { jira: keyUpstream({ label: "Jira" }) } });
    await signInToAccount(openBrowser(server));
    const tell = (event: "upstream.connected" | "upstream.disconnected", fields: object) =>
      server.store.recordAudit({
        event,
        at: server.now(),
        fields: { person: "ada", address: ADDRESS, ...fields },
      } as AuditEntry);
    await tell("upstream.connected", { upstream: "github", kind: "token" });
    await tell("upstream.connected", { upstream: "jira", kind: "key" });
    await tell("upstream.disconnected", { upstream: "github" });
    await tell("upstream.disconnected", { upstream: "jira", ...OPERATOR });
    const when = "1 Nov 2026, 00:00 UTC";
    expect(await timeline(server)).toEqual([
      `The operator of this server disconnected Jira ${when}`,
      `You disconnected github ${when} From ${ADDRESS}`,
      `You stored a key for Jira ${when} From ${ADDRESS}`,
      `You connected github ${when} From ${ADDRESS}`,
    ]);
  });

  it("why the app was refused last", async () => {
    const { server, at, browser } = await arrange();
    const { clientId, refresh_token } = await connect(at, { browser });
    server.advance(60);
    await refresh(at, clientId, refresh_token, { scope: "todo:write" });
    expect(await timeline(at)).toMatchObject([
      expect.stringMatching(
        /Last refused 1 Nov 2026, 00:01 UTC: it asked for something that you did not allow\.$/,
      ),
    ]);
  });

  it("in words of its own each reason that there is", () => {
    const { reasons } = english.account.timeline;
    expect(Object.keys(reasons)).toEqual(expect.arrayContaining([...REVOCATION_REASONS]));
    const texts = [
      ...Object.values(reasons),
      ...GRANT_REFUSALS.map((why) => english.account.apps.refusals[why]),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(text).not.toMatch(/_|grant|client|token|OAuth|revoke|invalid/i);
  });
});

describe("the timeline is", () => {
  it("a person's own, and empty before anything happened", async () => {
    const { at, browser } = await arrange();
    await connect(at, { browser });
    expect(await timeline(at, "grace", "hopper")).toEqual([]);
    const grace = openBrowser(at);
    await signInToAccount(grace, "grace", "hopper");
    expect(textOf(await (await grace.request("/account/timeline")).text())).toContain(
      "Nothing is on record.",
    );
  });

  it("not that of somebody else who had the same id and was removed", async () => {
    const { server, at, browser } = await arrange();
    await connect(at, { browser });
    server.advance(DAY);
    await server.store.removePerson("ada", server.now(), { ...PERSON_REMOVED, at: server.now() });
    server.advance(DAY);
    expect(await timeline(at)).toEqual([]);
    const page = textOf((await signInToAccount(openBrowser(at))).html);
    expect(page).toContain("Recent sign-ins Signed in with your password 3 Nov 2026");
    expect(page).not.toContain("1 Nov 2026");
  });

  it("read by page, each entry once, however many sign-ins lie between", async () => {
    const { server, browser } = await arrange();
    await signInToAccount(browser);
    for (let index = 0; index < 60; index += 1) {
      // Of one time each two: what is told apart by its number.
      const at = server.now() + Math.floor(index / 2);
      await server.store.recordAudit({
        ...APPROVED,
        at,
        fields: { ...APPROVED.fields, client_name: `App ${index}`, grant: `gone-${index}` },
      });
      for (let times = 0; times < 11; times += 1)
        await server.store.recordAudit(sampleEntry("sign_in.ok", { at }));
    }
    const names: string[] = [];
    const sizes: number[] = [];
    for (let url: string | undefined = "/account/timeline"; url !== undefined; ) {
      const html = await (await browser.request(url)).text();
      const entries = entriesIn(html);
      sizes.push(entries.length);
      names.push(...entries.map((text) => /App \d+/.exec(text)?.[0] ?? text));
      url = /href="([^"]+)">Older/.exec(html)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(25);
    expect(names).toEqual(Array.from({ length: 60 }, (_, index) => `App ${59 - index}`));
  });

  it("unharmed by rows of another version, and by text in them", async () => {
    const { server, browser } = await arrange();
    await signInToAccount(browser);
    const odd = {
      person: "ada",
      client: "<b>x</b>",
      grant: "<i>",
      client_name: 7,
      scopes: "all",
      redirect_host: null,
    };
    for (const event of ["consent.approved", "grant.revoked"] as const) {
      await server.store.recordAudit({
        event,
        at: server.now(),
        fields: { ...odd, reason: "of a later version" },
      } as never);
    }
    const html = await (await browser.request("/account/timeline")).text();
    expect(entriesIn(html)).toEqual([
      "An app was disconnected 1 Nov 2026, 00:00 UTC",
      "You approved An app 1 Nov 2026, 00:00 UTC This connection has ended.",
    ]);
  });

  it("of the grants of the person alone, whatever an entry names", async () => {
    const { server, at, browser } = await arrange();
    await signInToAccount(browser);
    await signInToAccount(openBrowser(server), "grace", "hopper");
    const now = server.now();
    const times = {
      createdAt: now,
      signedInAt: now,
      codeExpiresAt: now + 1000,
      refreshExpiresAt: now + 1000,
    };
    await approveSample(server.store, { id: "hers", person: { id: "grace" }, ...times, endsAt: now + 1000 });
    await server.store.recordRefusal("hers", "verifier_mismatch", now);
    await server.store.recordAudit({ ...APPROVED, at: now, fields: { ...APPROVED.fields, grant: "hers" } });
    const [entry] = await timeline(at);
    expect(entry).toContain("You approved Sample client");
    expect(entry).not.toContain("refused");
  });
});
