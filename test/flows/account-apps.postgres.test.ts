import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { follow, openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import { callTool, connect, refresh } from "../support/client.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import type { TestServer } from "../support/server.ts";

// What a person ends at one instance is over at the other, and both tell the same of it.

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

const idOf = (token: string) => token.split(".")[0] ?? "";

/** Apps whose tokens both instances have let in, and so remember. */
async function connected({ a, b }: Instances, count: number) {
  const apps = [];
  for (let made = 0; made < count; made += 1) {
    const app = await connect(a);
    for (const server of [a, b]) expect((await callTool(server, app.access_token)).status).toBe(200);
    apps.push(app);
  }
  return apps;
}

const isDead = (server: TestServer, token: string) =>
  soon(async () => expect((await callTool(server, token)).status).toBe(401));

it("an app that is ended at one instance is dead at both, and the other one tells why", async () => {
  const { a, b } = instances;
  const [app, kept] = await connected(instances, 2);
  if (!app || !kept) throw new Error("not connected");
  const browser = openBrowser(a);
  const page = await signInToAccount(browser);
  const ended = await press(browser, page, "end_app", { grant: idOf(app.refresh_token) });
  // Here without any news from the database.
  expect((await callTool(a, app.access_token)).status).toBe(401);
  expect(textOf((await follow(browser, ended)).html)).toContain("The app is disconnected.");
  await isDead(b, app.access_token);
  expect((await refresh(b, app.clientId, app.refresh_token)).status).toBe(400);
  for (const server of [a, b]) expect((await callTool(server, kept.access_token)).status).toBe(200);

  const elsewhere = openBrowser(b);
  await signInToAccount(elsewhere);
  const timeline = textOf(await (await elsewhere.request("/account/timeline")).text());
  expect(timeline).toMatch(/Test Client was disconnected .* You did this on your account page\./);
  expect(timeline).toMatch(/Last refused .*: its connection had ended\./);
});

it("all apps that are ended at one instance are dead at both", async () => {
  const { a, b } = instances;
  const apps = await connected(instances, 3);
  const browser = openBrowser(b);
  const page = await signInToAccount(browser);
  await press(browser, page, "end_all_apps");
  for (const { access_token } of apps) expect((await callTool(b, access_token)).status).toBe(401);
  for (const { access_token } of apps) await isDead(a, access_token);
  expect(textOf((await openAccount(browser)).html)).toContain("No app is connected.");
});

it("an app that is ended at both at once has ended once", async () => {
  const { a, b } = instances;
  const [app] = await connected(instances, 1);
  const pages = await Promise.all(
    [a, b].map(async (server) => {
      const browser = openBrowser(server);
      return { browser, page: await signInToAccount(browser) };
    }),
  );
  const grant = idOf(app?.refresh_token ?? "");
  await Promise.all(pages.map(({ browser, page }) => press(browser, page, "end_app", { grant })));
  const entries = await a.store.readAudit({
    concerning: { kind: "grant", id: grant },
    order: "newest_first",
    limit: 10,
  });
  expect(entries.filter(({ event }) => event === "grant.revoked")).toHaveLength(1);
});
