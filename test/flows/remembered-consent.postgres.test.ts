import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { redeem, tokensOf } from "../support/client.ts";
import { startInstances } from "../support/instances.ts";
import { openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { approveFirst, ask, endOf, REPORTS } from "../support/remembered.ts";
import { REVOKED } from "../support/store/samples.ts";
import { openTestStore } from "../support/store/test-store.ts";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

async function start() {
  const database = await postgres.freshDatabase();
  const instances = await startInstances(database, { clients: [REPORTS] });
  const command = await openTestStore({ database });
  onTestFinished(async () => {
    await instances.close();
    await command.close();
  });
  return { ...instances, command };
}

it("what a person approved at one instance is remembered at the other, and every hop may come to any", async () => {
  const { a, b, balanced } = await start();
  const { browser } = await approveFirst(a);
  for (const server of [b, balanced]) {
    const other = openBrowser(server);
    const cookie = browser.cookie();
    const ending = await ask(other, { scope: "mcp" }, { headers: { cookie } });
    if (ending.kind !== "code") throw new Error(endOf(ending));
    expect((await tokensOf(redeem(server, "reports", ending))).scope).toBe("mcp");
  }
});

it("what the operator revokes by a command is remembered nowhere from then on", async () => {
  const { a, b, command } = await start();
  const { browser } = await approveFirst(a);
  const headers = { cookie: browser.cookie() };
  const [former] = await command.listGrants({ isClicked: true });
  const asking = Array.from({ length: 8 }, (_, index) =>
    ask(openBrowser(index % 2 === 0 ? a : b), { scope: "mcp" }, { headers }),
  );
  const revoking = command.revokeGrant(former?.id ?? "", "operator", a.now(), REVOKED);
  const ends = (await Promise.all(asking)).map(endOf);
  expect(await revoking).toBe(true);
  for (const end of ends) expect(["code", "/oauth/consent"]).toContain(end);
  for (const server of [a, b]) {
    expect(endOf(await ask(openBrowser(server), { scope: "mcp" }, { headers }))).toBe("/oauth/consent");
  }
  const grants = await command.listGrants({});
  expect(grants).toHaveLength(1 + ends.filter((end) => end === "code").length);
});
