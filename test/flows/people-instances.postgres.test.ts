import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
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

    const signedOut = await a.store.signOutPerson("ada", Date.now() + 1, {
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
    await a.store.disablePerson("ada", Date.now(), { event: "person.disabled", ...about("ada") });
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
    expect(await b.store.listSessions("ada", Date.now())).toHaveLength(2);
  });
});
