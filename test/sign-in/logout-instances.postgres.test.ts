import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import { authorizeUrl, callTool, codeOf, newPkce, redeem, refresh, tokensOf } from "../support/client.ts";
import { startInstances } from "../support/instances.ts";
import { decide, openBrowser, stateOf } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import type { TestServer } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { goToProvider, leadsTo, signInThere } from "../support/sign-in/journey.ts";
import { logoutOf } from "../support/sign-in/logout.ts";
import { openNetwork } from "../support/sign-in/network.ts";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

/** Within a second is what is promised; fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

it("a sign-in that begins at one instance ends at the other, and a logout at one ends it at both", async () => {
  const network = openNetwork();
  const clock = { now: Date.now };
  const provider = await startIdentityDouble({ claims: { sid: "session-1" }, now: () => clock.now() });
  const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const signIn = [oidc({ issuer: provider.issuer, endGrants: true, ...credentials })];
  const instances = await startInstances(
    await postgres.freshDatabase(),
    {},
    { signIn, admit: "anyone", fetch: network.fetch },
  );
  onTestFinished(instances.close);
  const { a, b } = instances;
  clock.now = a.now;

  const here = { at: a };
  const browser = openBrowser({ fetch: (request) => here.at.fetch(request) });
  const there = await goToProvider(a, "oidc", { browser });
  here.at = b;
  const back = await browser.request((await signInThere(there, network)).href);
  expect(leadsTo(back)).toBe("/oauth/consent");
  here.at = a;
  const approved = await decide(browser, stateOf(back.headers.get("location")), "approve", ["mcp"]);
  const code = codeOf(approved.headers.get("location"));
  const tokens = await tokensOf(redeem(a, there.clientId, { ...there, code }));
  for (const server of [a, b]) expect((await callTool(server, tokens.access_token)).status).toBe(200);

  expect((await logoutOf(provider, () => a).send({ sub: "ada" })).status).toBe(200);
  for (const server of [a, b]) {
    await soon(async () => expect((await callTool(server, tokens.access_token)).status).toBe(401));
    expect((await refresh(server, there.clientId, tokens.refresh_token)).status).toBe(400);
    here.at = server;
    const begun = await browser.request(authorizeUrl(there.clientId, newPkce().challenge));
    expect(leadsTo(begun)).toBe("/oauth/login");
  }
});

it("a logout token that has counted is refused, at whichever instance it arrives", async () => {
  const network = openNetwork();
  const provider = await startIdentityDouble();
  const signIn = [oidc({ issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })];
  const instances = await startInstances(
    await postgres.freshDatabase(),
    {},
    { signIn, admit: "anyone", fetch: network.fetch },
  );
  onTestFinished(instances.close);
  const { a, b } = instances;
  const same = { sub: "ada", jti: "the-same" };
  const statusAt = async (server: TestServer) => (await logoutOf(provider, () => server).send(same)).status;
  expect(await statusAt(a)).toBe(200);
  for (const server of [a, b]) expect(await statusAt(server)).toBe(400);
});
