import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { magicLink, type SignInMethod, users } from "../../src/authorization-server/sign-in/index.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import {
  askForMail,
  beginMailSignIn,
  FROM,
  linkIn,
  otherCode,
  outcomeOf,
  pressLink,
} from "../support/mail/journey.ts";
import { type MailServer, startMailServer } from "../support/mail/mail-server.ts";
import { type Browser, openBrowser } from "../support/person.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import { addUser } from "../support/users.ts";

// Two instances on one database, with a balancer that sends each request to the other one than the last.

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres?.stop());

async function start(
  others: readonly SignInMethod[] = [],
): Promise<Instances & { readonly mail: MailServer }> {
  const mail = await startMailServer();
  const signIn = [...others, magicLink({ smtp: mail.smtp, from: FROM })];
  const instances = await startInstances(await postgres.freshDatabase(), {}, { signIn, admit: "anyone" });
  return { ...instances, mail };
}

describe("a mail, on two instances", () => {
  it("is asked for at one and used at the other, once", async () => {
    const { balanced, mail, close } = await start();
    for (const by of ["link", "code"] as const) {
      const at = await askForMail({ server: balanced, mail });
      const use = () => (by === "link" ? pressLink(at.browser, at.link) : at.enter(at.code));
      const outcomes = (await Promise.all([1, 2, 3, 4, 5, 6].map(use))).map(outcomeOf);
      expect(outcomes.filter((one) => one === "/oauth/consent")).toHaveLength(1);
      expect(outcomes.filter((one) => one === "410")).toHaveLength(5);
    }
    await close();
  });

  it("has five tries at both together, also of many at once", async () => {
    const { balanced, mail, served, close } = await start();
    const at = await askForMail({ server: balanced, mail });
    const before = { ...served };
    const guesses = Array.from({ length: 16 }, (_, index) => at.enter(otherCode(at.code, index + 1)));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(5);
    expect([served.a - before.a, served.b - before.b]).toEqual([8, 8]);
    expect(outcomeOf(await at.enter(at.code))).toBe("410");
    await close();
  });

  it("for a new password is used up by its first post: the other instance knows it at once, and the browser that goes on", async () => {
    const { balanced, a, mail, close } = await start([users()]);
    await addUser(a, "ada", undefined, { emails: ["ada@example.com"] });
    const { browser, state } = await beginMailSignIn(balanced);
    await browser.submit("/oauth/forgotten-password", { state, email: "ada@example.com" });
    const url = linkIn(mail.mails.at(-1)?.text ?? "");
    const token = new URL(url).searchParams.get("token") ?? "";
    const save = (by: Browser, password: string) =>
      by.submit("/oauth/invitation", { token, password, again: password });
    const [ada, thief] = [openBrowser(balanced), openBrowser(balanced)];
    for (const one of [ada, thief]) expect((await one.request(url)).status).toBe(200);
    expect((await save(ada, "short")).status).toBe(400);
    for (const _ of ["a", "b"]) expect((await save(thief, "a password of a thief")).status).toBe(410);
    expect((await save(ada, "a better password")).status).toBe(200);
    for (const _ of ["a", "b"]) expect((await save(ada, "a better password")).status).toBe(410);
    await close();
  });

  it("is one of ten an hour for its address, at both together", async () => {
    const { balanced, mail, close } = await start();
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++) {
      const { ask } = await beginMailSignIn({
        fetch: (request, _connection) => balanced.fetch(request, { address: `203.0.${index}.1` }),
      });
      statuses.push((await ask("ada@example.com")).status);
    }
    expect(statuses.filter((status) => status === 303)).toHaveLength(10);
    expect(mail.mails).toHaveLength(10);
    await close();
  });
});
