import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { saml } from "../../src/authorization-server/sign-in/index.ts";
import { startInstances } from "../support/instances.ts";
import { openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { responseTo, samlForm } from "../support/sign-in/saml-idp.ts";
import { ACME, goToIdp, postForm } from "../support/sign-in/saml-journey.ts";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

it("a sign-in may begin, be answered and end at three places, and an assertion counts once in all", async () => {
  const instances = await startInstances(await postgres.freshDatabase(), {}, { signIn: [saml(ACME)] });
  onTestFinished(instances.close);
  const { a, b } = instances;
  const there = await goToIdp(a);
  const cookie = there.browser.cookie();
  const xml = responseTo(there.request, { now: a.now() });
  const form = samlForm(xml, there.request.relayState);
  const posted = await Promise.all([a, b, a, b].map((server) => postForm(server, form)));
  const ends = await Promise.all(
    posted.map(({ headers }, i) =>
      openBrowser(i < 2 ? b : a).request(headers.get("location") ?? "", { headers: { cookie } }),
    ),
  );
  expect(ends.map(leadsTo).sort()).toEqual([
    "/oauth/consent",
    ...Array.from({ length: 3 }, () => "/oauth/login acme wrong_answer"),
  ]);
  const people = await a.store.listPeople({ now: a.now(), limit: 10 });
  expect(people.map(({ person }) => person.name)).toEqual(["Ada Lovelace"]);
});
