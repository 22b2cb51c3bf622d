import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { finishSignIn, follow, press } from "../support/account.ts";
import { connect } from "../support/client.ts";
import { startInstances } from "../support/instances.ts";
import { openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { heardOf } from "../support/server.ts";
import { startGithub } from "../support/sign-in/github-double.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import {
  approveThere,
  GITHUB,
  JIRA,
  KEY,
  leave,
  linkIn,
  registerElsewhere,
  said,
} from "../support/upstreams.ts";

/** Fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

it("a person connects by whatever instance answers, and each gives the tools what the other one kept", async () => {
  const network = openNetwork();
  await startGithub(network);
  const options = { upstreams: { github: GITHUB, jira: JIRA } };
  const { a, b, balanced, close } = await startInstances(await postgres.freshDatabase(), options, {
    fetch: network.fetch,
  });
  try {
    await Promise.all([a, b].map(heardOf));
    for (const instance of [a, b]) registerElsewhere(instance);
    const client = await connect(balanced);
    const link = linkIn(await said(a, client, "github_token"));
    expect(linkIn(await said(b, client, "github_token"))).not.toBe("");
    // Each request goes to the other one than the last.
    const browser = openBrowser(balanced);
    const page = await finishSignIn(browser, await browser.request(link));
    const callback = await approveThere(network, await leave(browser, page));
    const connected = await follow(browser, await browser.request(callback.href));
    const token = await said(a, client, "github_token");
    expect(token).toMatch(/^gho_/);
    expect(await said(b, client, "github_token")).toBe(token);
    await press(browser, connected, "upstreams.store_key", { upstream: "jira", key: KEY });
    expect(await Promise.all([a, b].map((one) => said(one, client, "jira_key")))).toEqual([KEY, KEY]);

    // Both have it in memory by now.
    const again = await approveThere(network, await leave(browser, connected));
    await follow(browser, await browser.request(again.href));
    await soon(async () => {
      for (const one of [a, b]) expect(await said(one, client, "github_token")).not.toBe(token);
    });
    await press(browser, connected, "upstreams.disconnect", { upstream: "github" });
    await soon(async () => {
      for (const one of [a, b]) expect(linkIn(await said(one, client, "github_token"))).not.toBe("");
    });
    expect(await said(b, client, "whoami")).toContain('"id":"ada"');
  } finally {
    await close();
  }
});
