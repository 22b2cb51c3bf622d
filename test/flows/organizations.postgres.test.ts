import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { OrganizationAnswer } from "../../src/config/organization-options.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  newPkce,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { startInstances } from "../support/instances.ts";
import { ACME, approveFor, GLOBEX } from "../support/organizations.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

/** Two instances whose people belong to what the test says. */
async function start() {
  let answer: readonly OrganizationAnswer[] = [ACME, GLOBEX];
  const instances = await startInstances(await postgres.freshDatabase(), { organizations: () => answer });
  onTestFinished(() => instances.close());
  const { client_id: clientId } = await register(instances.a);
  const atConsent = async () => {
    const browser = openBrowser(instances.balanced);
    const { verifier, challenge } = newPkce();
    const { state } = await signIn(browser, authorizeUrl(clientId, challenge));
    return { browser, verifier, state };
  };
  return {
    ...instances,
    clientId,
    atConsent,
    belongsTo(next: readonly OrganizationAnswer[]) {
      answer = next;
    },
  };
}

it("what a person chose at one instance counts at the other, and ends there once they have left", async () => {
  const { a, b, clientId, atConsent, belongsTo } = await start();
  const { browser, verifier, state } = await atConsent();
  const code = codeOf((await approveFor(browser, state, ["acme"])).headers.get("location"));
  const first = await tokensOf(redeem(a, clientId, { code, verifier }));
  const next = await tokensOf(refresh(b, clientId, first.refresh_token));
  expect(claimsOf(next.access_token)).toMatchObject({ org_id: "acme" });
  expect((await callTool(a, next.access_token)).status).toBe(200);
  belongsTo([GLOBEX]);
  expect((await refresh(b, clientId, next.refresh_token)).status).toBe(400);
  expect((await callTool(b, next.access_token)).status).toBe(401);
  await expect.poll(async () => (await callTool(a, next.access_token)).status, { timeout: 20_000 }).toBe(401);
});

it("of two clicks at once for two organizations, one decides, and the code is for that one", async () => {
  const { a, clientId, atConsent } = await start();
  for (let times = 0; times < 5; times += 1) {
    const { browser, verifier, state } = await atConsent();
    const clicks = ["acme", "globex", "acme", "globex"];
    const answers = await Promise.all(
      clicks.map((organization) => approveFor(browser, state, [organization])),
    );
    const approved = clicks.filter((_, index) => answers[index]?.status === 303);
    expect(new Set(approved).size).toBe(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(2);
    const location = answers.find(({ status }) => status === 303)?.headers.get("location") ?? null;
    const { access_token } = await tokensOf(redeem(a, clientId, { code: codeOf(location), verifier }));
    expect(claimsOf(access_token).org_id).toBe(approved[0]);
  }
});
