import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { PeopleStore } from "../../src/store/people-store.ts";
import { openAccount, press, signInToAccount, valuesOf } from "../support/account.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import type { TestServer } from "../support/server.ts";
import { PERSON_DISABLED, PERSON_REMOVED, SIGNED_OUT } from "../support/store/samples.ts";

// A person at two instances of one server: what one learns of them holds at the other.

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

let instances: Instances;
beforeEach(async () => {
  instances = await startInstances(await postgres.freshDatabase());
});
afterEach(() => instances.close());

/** Within a second is what is promised; fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

const operator = { operator: "root", address: "command line" } as const;
const about = (person: string) => ({ at: Date.now(), fields: { person, ...operator } });

type End = (store: PeopleStore, now: number) => Promise<boolean>;
const ENDS: readonly (readonly [what: string, end: End])[] = [
  ["disabled", (store, now) => store.disablePerson("ada", now, PERSON_DISABLED)],
  ["signed out", (store, now) => store.signOutPerson("ada", now, SIGNED_OUT)],
  ["removed", (store, now) => store.removePerson("ada", now, PERSON_REMOVED)],
];

describe("a person", () => {
  it("signs in on one, approves on the other, and is signed out of both from either", async () => {
    const { a, b } = instances;
    const { client_id: clientId } = await register(a);
    const { verifier, challenge } = newPkce();
    const here: { at: Pick<TestServer, "fetch"> } = { at: a };
    const browser = openBrowser({ fetch: (request) => here.at.fetch(request) });
    const { state } = await signIn(browser, authorizeUrl(clientId, challenge));
    here.at = b;
    const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
    const tokens = await tokensOf(redeem(b, clientId, { code, verifier }));
    for (const server of [a, b]) expect((await callTool(server, tokens.access_token)).status).toBe(200);

    const signedOut = await a.store.signOutPerson("ada", a.now() + 1, {
      event: "person.signed_out",
      ...about("ada"),
    });
    expect(signedOut).toBe(true);
    for (const server of [a, b]) {
      await soon(async () => expect((await callTool(server, tokens.access_token)).status).toBe(401));
      expect((await refresh(server, clientId, tokens.refresh_token)).status).toBe(400);
      here.at = server;
      const begun = await browser.request(authorizeUrl(clientId, newPkce().challenge));
      expect(new URL(begun.headers.get("location") ?? "").pathname).toBe("/oauth/login");
    }
  });

  it("who is disabled on one signs in on neither, and nothing that they had counts", async () => {
    const { a, b } = instances;
    const { clientId, access_token, refresh_token } = await connect(b);
    expect((await callTool(b, access_token)).status).toBe(200);
    await a.store.disablePerson("ada", a.now(), { event: "person.disabled", ...about("ada") });
    await soon(async () => expect((await callTool(b, access_token)).status).toBe(401));
    expect((await refresh(b, clientId, refresh_token)).status).toBe(400);
    for (const server of [a, b]) {
      const browser = openBrowser(server);
      const begun = await browser.request(authorizeUrl(clientId, newPkce().challenge));
      const answer = await browser.submit("/oauth/login", {
        state: stateOf(begun.headers.get("location")),
        username: "ada",
        password: "lovelace",
      });
      expect(answer.status).toBe(403);
    }
  });

  it("who signs in for the first time on both at once is one person with two sessions", async () => {
    const { a, b } = instances;
    const { client_id: clientId } = await register(a);
    await Promise.all(
      [a, b].map((server) => signIn(openBrowser(server), authorizeUrl(clientId, newPkce().challenge))),
    );
    expect(await a.store.listIdentities("ada")).toHaveLength(1);
    expect(await b.store.listSessions("ada", b.now())).toHaveLength(2);
  });

  /** At the consent page: each request goes to the instance that `go` names last. */
  async function atConsent(first: TestServer) {
    const here: { at: Pick<TestServer, "fetch"> } = { at: first };
    const browser = openBrowser({ fetch: (request) => here.at.fetch(request) });
    const { client_id: clientId } = await register(first);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl(clientId, challenge));
    return { browser, clientId, state, verifier, go: (to: TestServer) => (here.at = to) };
  }

  it("who ends a session at the account page of one: its open consent page approves nothing at the other", async () => {
    const { a, b } = instances;
    const phone = await atConsent(a);
    const laptop = { at: a as Pick<TestServer, "fetch"> };
    const browser = openBrowser({ fetch: (request) => laptop.at.fetch(request) });
    const page = await signInToAccount(browser);
    const [session = ""] = valuesOf(page, "session");
    await press(browser, page, "end_session", { session });
    phone.go(b);
    expect((await decide(phone.browser, phone.state, "approve")).status).toBe(403);
    expect(pathOf(await phone.browser.request("/account"))).toBe("/oauth/login");
    expect(await b.store.listGrants({ personId: "ada", limit: 10 })).toEqual([]);
    laptop.at = b;
    expect(valuesOf(await openAccount(browser), "session")).toEqual([]);
  });

  it("who signs out of everything at one is signed out at the other, and signs in there at once", async () => {
    const { a, b } = instances;
    const { browser, clientId, state, verifier, go } = await atConsent(b);
    const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
    const tokens = await tokensOf(redeem(b, clientId, { code, verifier }));
    expect((await callTool(b, tokens.access_token)).status).toBe(200);
    a.advance(1);
    b.advance(1);
    go(a);
    await press(browser, await openAccount(browser), "sign_out_everywhere");
    go(b);
    expect((await refresh(b, clientId, tokens.refresh_token)).status).toBe(400);
    await soon(async () => expect((await callTool(b, tokens.access_token)).status).toBe(401));
    expect(pathOf(await browser.request(authorizeUrl(clientId, newPkce().challenge)))).toBe("/oauth/login");
    b.advance(1);
    const again = await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
    expect((await decide(browser, again.state, "approve")).status).toBeLessThan(400);
  });

  it.each(ENDS)(
    "who is %s at one while a consent page is open at the other approves nothing",
    async (_, end) => {
      const { a, b } = instances;
      const { browser, state } = await atConsent(a);
      expect(await end(b.store, b.now() + 1)).toBe(true);
      expect((await decide(browser, state, "approve")).status).toBe(403);
      expect(await a.store.listGrants({ personId: "ada", limit: 10 })).toEqual([]);
    },
  );
});

const pathOf = (response: Response) => new URL(response.headers.get("location") ?? "", ORIGIN).pathname;
const ORIGIN = "https://mcp.example";
