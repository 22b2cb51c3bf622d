import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { authorizeUrl, codeOf, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { startInstances } from "../support/instances.ts";
import { callbackShown, decide, openBrowser, signIn } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { scopeGroups } from "../support/scope-groups.ts";

const LOCAL = "http://localhost:54212/callback";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

it("both buttons at two instances at once are one approval, its code works once, and the next request says what is new", async () => {
  const { a, b, balanced, close } = await startInstances(await postgres.freshDatabase());
  onTestFinished(close);
  const { client_id: clientId } = await register(a, { redirect_uris: [LOCAL] });
  const browser = openBrowser(balanced);
  const ask = async (scope: string) => {
    const { verifier, challenge } = newPkce();
    const url = authorizeUrl(clientId, challenge, { redirect_uri: LOCAL, scope });
    return { verifier, ...(await signIn(browser, url)) };
  };

  const { state, verifier } = await ask("mcp todo:read");
  const [redirected, shown] = await Promise.all([
    decide(browser, state, "approve", ["todo:read"]),
    decide(browser, state, "approve_elsewhere", ["todo:read"]),
  ]);
  const callback = callbackShown(await shown.text()) ?? "";
  expect(callback).toBe(redirected.headers.get("location"));
  expect(await a.store.listGrants({})).toHaveLength(1);
  const exchanges = await Promise.all(
    [a, b].map((server) =>
      redeem(server, clientId, { code: codeOf(callback), verifier }, { redirect_uri: LOCAL }),
    ),
  );
  expect(exchanges.map(({ status }) => status).sort()).toEqual([200, 400]);

  // The second use of the code ended that grant: the app connects anew, and asks for more then.
  const again = await ask("mcp todo:read");
  const answer = await decide(browser, again.state, "approve_elsewhere", ["todo:read"]);
  const code = codeOf(callbackShown(await answer.text()) ?? "");
  await tokensOf(redeem(b, clientId, { code, verifier: again.verifier }, { redirect_uri: LOCAL }));
  const { location } = await ask("mcp todo:read todo:write");
  const groups = scopeGroups(await (await browser.request(location)).text());
  expect(groups.map(({ legend, scopes }) => [legend, ...scopes.map(({ label }) => label)])).toEqual([
    ["New permissions", "Change your list"],
    ["What you approved before", "Use the tools", "See your list"],
  ]);
});
