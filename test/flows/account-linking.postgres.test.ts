import { afterAll, beforeAll, expect, it } from "vitest";
import { identityId } from "../../src/authorization-server/account/identity-id.ts";
import { beginLink, confirmLink, follow, openAccount, press } from "../support/account.ts";
import { startInstances } from "../support/instances.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";

// Two instances of one server, at which a person presses two buttons at once.

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const METHODS = ["google", "github"] as const;
const identityOf = (name: string, subject: string) => ({
  method: "oidc",
  issuer: `https://${name}.example`,
  subject,
});

it("of the last two ways in that are removed at once on two instances, one is left", async () => {
  const signIn = METHODS.map((name) => redirecting(name, name));
  const { a, b, balanced, close } = await startInstances(await postgres.freshDatabase(), {}, { signIn });
  try {
    for (let round = 0; round < 10; round++) {
      const subject = `ada ${round}`;
      const browser = openBrowser(balanced);
      const begun = stateOf((await browser.request("/account")).headers.get("location"));
      await follow(browser, await comeBack(browser, "google", begun, { subject }));
      const state = await beginLink(browser, await openAccount(browser), "github");
      const page = await confirmLink(browser, await comeBack(browser, "github", state, { subject }));
      const cookie = browser.cookie();
      const answers = await Promise.all(
        [a, b].map((instance, i) => {
          const there = openBrowser(instance);
          const identity = identityId(identityOf(METHODS[i] ?? "", subject));
          const submit = (url: string, fields: Readonly<Record<string, string>>) =>
            there.submit(url, fields, { headers: { cookie } });
          return press({ ...there, submit: submit as typeof there.submit }, page, "unlink", { identity });
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
      const left = await Promise.all(
        METHODS.map((name) => a.store.findByIdentity(identityOf(name, subject))),
      );
      expect(left.filter(Boolean)).toHaveLength(1);
    }
    const audit = await a.store.readAudit({ order: "newest_first", limit: 100 });
    expect(audit.filter(({ event }) => event === "identity.unlinked")).toHaveLength(10);
  } finally {
    await close();
  }
});
