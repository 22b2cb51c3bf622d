import { describe, expect, it } from "vitest";
import {
  type AccountPage,
  askedIn,
  follow,
  openAccount,
  press,
  textOf,
  valuesOf,
} from "../support/account.ts";
import { codeIn, linkIn, otherCode, outcomeOf, pressLink, startMailSignIn } from "../support/mail/journey.ts";
import { type Browser, openBrowser, stateOf } from "../support/person.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { addUser, PASSWORD } from "../support/users.ts";

type Rig = Awaited<ReturnType<typeof startMailSignIn>>;

/** Signs in to the account page by mail. */
async function signInByMail(rig: Rig, email: string, browser = openBrowser(rig.server)) {
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  await browser.submit("/oauth/sign-in/magic_link", { state, email });
  const landed = await pressLink(browser, linkIn(rig.mail.mails.at(-1)?.text ?? ""));
  return { browser, page: await openAccount(browser, landed.headers.get("location") ?? "") };
}

/** An action of the section, as its form posts it. */
function act(
  browser: Browser,
  { token }: Pick<AccountPage, "token">,
  action: string,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  return browser.submit("/account", { page_token: token, action: `magic_link.${action}`, ...fields });
}

/** Asks for another address: what the section shows, and the codes of both. */
async function askForChange(rig: Rig, browser: Browser, page: AccountPage, to: string) {
  const answer = await act(browser, page, "change_address", { new_address: to });
  const html = await answer.text();
  const codes = new Map(rig.mail.mails.slice(-2).map(({ to: [one = ""], text }) => [one, codeIn(text)]));
  const [mail = ""] = valuesOf({ html, token: "" }, "mail");
  return { status: answer.status, html, mail, codes };
}

const emailsOf = async ({ server }: Rig) =>
  (await server.store.listPeople({ now: server.now(), limit: 10 })).map(({ emails }) => emails);

describe("a changed address of a person whom the operator added", () => {
  const ADDRESSES = ["ada@corp.example", "a.lovelace@corp.example"];
  const byPassword = async (rig: Rig) => {
    await addUser(rig.server, "ada", undefined, { emails: ADDRESSES });
    const browser = openBrowser(rig.server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const landed = await browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    return { browser, page: await openAccount(browser, landed.headers.get("location") ?? "") };
  };
  const changeTo = async (rig: Rig, browser: Browser, page: AccountPage, from: string, to: string) => {
    const { mail, codes } = await askForChange(rig, browser, page, to);
    const typed = { old_code: codes.get(from) ?? "", new_code: codes.get(to) ?? "" };
    return act(browser, page, "confirm_address", { mail, ...typed });
  };

  it("must itself be one that may come in: another one of theirs does not let it in", async () => {
    const rig = await startMailSignIn({ directory: true, admit: { emails: ["*@corp.example"] } });
    const { browser, page } = await byPassword(rig);
    const refused = await changeTo(rig, browser, page, "ada@corp.example", "eve@evil.example");
    expect([refused.status, await emailsOf(rig)]).toEqual([403, [ADDRESSES]]);
    const done = await changeTo(rig, browser, page, "ada@corp.example", "countess@corp.example");
    expect(done.status).toBe(303);
    expect(await emailsOf(rig)).toEqual([["countess@corp.example", "a.lovelace@corp.example"]]);
  });

  it("leaves what the operator said, where neither code went to an address that the operator gave", async () => {
    const rig = await startMailSignIn({ directory: true });
    const { browser, page } = await byPassword(rig);
    const mailbox = { method: "magic_link", issuer: "", subject: "eve@evil.example" };
    const linked = { ...mailbox, personId: "id of ada", label: "eve", now: rig.server.now() };
    await rig.server.store.addIdentity(linked, sampleEntry("identity.linked"));
    const done = await changeTo(rig, browser, page, "eve@evil.example", "eve@other.example");
    expect([done.status, await emailsOf(rig)]).toEqual([303, [ADDRESSES]]);
    expect(await rig.server.store.findByIdentity({ ...mailbox, subject: "eve@other.example" })).toBeDefined();
  });
});

describe("a changed address", () => {
  it("is confirmed by a code from each of the two, and is then how the person signs in", async () => {
    const rig = await startMailSignIn();
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    expect(textOf(page.html)).toContain("Your address is ada@example.com");
    const { mail, codes, html } = await askForChange(rig, browser, page, "Ada@New.example");
    expect(textOf(html)).toContain("ada@example.com and ada@new.example");
    expect(await emailsOf(rig)).toEqual([["ada@example.com"]]);
    const [old, anew] = rig.mail.mails.slice(-2);
    expect(old?.text).toContain("change your address there to ada@new.example");
    // The new one is not told whose account it is, and neither mail has a link.
    expect(anew?.text).not.toContain("ada@example.com");
    expect(`${old?.text}${anew?.text}`).not.toContain("http");
    const done = await act(browser, page, "confirm_address", {
      mail,
      old_code: codes.get("ada@example.com") ?? "",
      new_code: codes.get("ada@new.example") ?? "",
    });
    expect(textOf((await follow(browser, done)).html)).toContain("Your address was changed.");
    expect(await emailsOf(rig)).toEqual([["ada@new.example"]]);
    const again = await signInByMail(rig, "ada@new.example");
    expect(textOf(again.page.html)).toContain("Your address is ada@new.example");
    expect(await rig.server.store.listPeople({ now: rig.server.now(), limit: 10 })).toHaveLength(1);
    const audit = await rig.server.store.readAudit({ order: "newest_first", limit: 50 });
    expect(audit.filter(({ event }) => event === "address.changed")).toHaveLength(1);
  });

  it("that is cancelled ends both codes, and those of no other session", async () => {
    const rig = await startMailSignIn();
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const { mail, codes, html } = await askForChange(rig, browser, page, "ada@new.example");
    expect(html.match(/name="mail"/g)).toHaveLength(2);
    const confirm = () =>
      act(browser, page, "confirm_address", {
        mail,
        old_code: codes.get("ada@example.com") ?? "",
        new_code: codes.get("ada@new.example") ?? "",
      });
    // Someone else, with the id of the mail, ends nothing; nor does one without it.
    const eve = await signInByMail(rig, "eve@example.com");
    for (const [by, fields] of [
      [eve, { mail }],
      [{ browser, page }, {}],
    ] as const) {
      const answer = await follow(by.browser, await act(by.browser, by.page, "cancel", fields));
      expect(textOf(answer.html)).toContain("Your address was not changed.");
      expect(await rig.server.store.findMailedLink(mail, rig.server.now())).toBeDefined();
    }
    await act(browser, page, "cancel", { mail });
    expect((await confirm()).status).toBe(403);
    expect((await emailsOf(rig)).flat().toSorted()).toEqual(["ada@example.com", "eve@example.com"]);
  });

  it.each<[string, (codes: { old: string; anew: string }) => { old_code: string; new_code: string }]>([
    ["the new address alone", ({ anew }) => ({ old_code: otherCode("000000"), new_code: anew })],
    ["the old address alone", ({ old }) => ({ old_code: old, new_code: otherCode("000000") })],
    ["one code twice", ({ anew }) => ({ old_code: anew, new_code: anew })],
    ["the codes the wrong way round", ({ old, anew }) => ({ old_code: anew, new_code: old })],
  ])("is not made by the codes of %s, and five such tries end it", async (_what, fieldsOf) => {
    const rig = await startMailSignIn();
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const { mail, codes } = await askForChange(rig, browser, page, "eve@example.com");
    const both = { old: codes.get("ada@example.com") ?? "", anew: codes.get("eve@example.com") ?? "" };
    for (let tries = 0; tries < 4; tries++) {
      const wrong = await act(browser, page, "confirm_address", { mail, ...fieldsOf(both) });
      expect(wrong.status).toBe(400);
      expect(textOf(await wrong.text())).toContain("One of the codes is wrong.");
    }
    expect((await act(browser, page, "confirm_address", { mail, ...fieldsOf(both) })).status).toBe(403);
    const late = await act(browser, page, "confirm_address", {
      mail,
      old_code: both.old,
      new_code: both.anew,
    });
    expect(late.status).toBe(403);
    expect(await emailsOf(rig)).toEqual([["ada@example.com"]]);
  });

  it("counts once, in the session that asked, and while that is there", async () => {
    const rig = await startMailSignIn();
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const elsewhere = await signInByMail(rig, "ada@example.com");
    const eve = await signInByMail(rig, "eve@example.com");
    const { mail, codes } = await askForChange(rig, browser, page, "ada@new.example");
    const fields = {
      mail,
      old_code: codes.get("ada@example.com") ?? "",
      new_code: codes.get("ada@new.example") ?? "",
    };
    for (const other of [elsewhere, eve]) {
      expect((await act(other.browser, other.page, "confirm_address", fields)).status).toBe(403);
    }
    const statuses = await Promise.all([1, 2, 3].map(() => act(browser, page, "confirm_address", fields)));
    expect(statuses.map(({ status }) => status).sort()).toEqual([303, 403, 403]);
    expect((await emailsOf(rig)).flat().sort()).toEqual(["ada@new.example", "eve@example.com"]);
  });

  it("is refused where the new address is someone else's: only its reader learns that", async () => {
    const rig = await startMailSignIn();
    await signInByMail(rig, "eve@example.com");
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const { status, mail, codes } = await askForChange(rig, browser, page, "eve@example.com");
    expect(status).toBe(200);
    const answer = await act(browser, page, "confirm_address", {
      mail,
      old_code: codes.get("ada@example.com") ?? "",
      new_code: codes.get("eve@example.com") ?? "",
    });
    expect(answer.status).toBe(403);
    expect(textOf(await answer.text())).toContain("belongs to an account here already");
    expect((await emailsOf(rig)).flat().sort()).toEqual(["ada@example.com", "eve@example.com"]);
  });

  it("is refused where the new one may not come in: the person would be shut out", async () => {
    const rig = await startMailSignIn({ admit: { domains: ["example.com"] } });
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const { mail, codes } = await askForChange(rig, browser, page, "ada@new.example");
    const answer = await act(browser, page, "confirm_address", {
      mail,
      old_code: codes.get("ada@example.com") ?? "",
      new_code: codes.get("ada@new.example") ?? "",
    });
    expect(textOf(await answer.text())).toContain("The new address may not use this server.");
    expect(await emailsOf(rig)).toEqual([["ada@example.com"]]);
  });

  it("ends links for a new password that went to the old one", async () => {
    const rig = await startMailSignIn({ directory: true });
    const id = await addUser(rig.server, "ada", undefined, { emails: ["ada@example.com"] });
    const browser = openBrowser(rig.server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    await browser.submit("/oauth/forgotten-password", { state, email: "ada@example.com" });
    const link = linkIn(rig.mail.mails.at(-1)?.text ?? "");
    expect((await browser.request(link)).status).toBe(200);
    const landed = await browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    const page = await openAccount(browser, landed.headers.get("location") ?? "");
    // The operator's word for it: it is no way to sign in yet, and can be changed all the same.
    expect(textOf(page.html)).toContain("Your address is ada@example.com");
    const { mail, codes } = await askForChange(rig, browser, page, "ada@new.example");
    await act(browser, page, "confirm_address", {
      mail,
      old_code: codes.get("ada@example.com") ?? "",
      new_code: codes.get("ada@new.example") ?? "",
    });
    expect((await rig.server.store.findPerson(id))?.emails).toEqual(["ada@new.example"]);
    expect((await openBrowser(rig.server).request(link)).status).toBe(410);
  });

  it("that is refused for the mails to the new address takes none from the old one", async () => {
    const rig = await startMailSignIn();
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const busy = openBrowser(rig.server);
    const state = stateOf((await busy.request("/account")).headers.get("location"));
    for (let mails = 0; mails < 5; mails++) {
      await busy.submit("/oauth/sign-in/magic_link", { state, email: "busy@example.com" });
    }
    const sent = rig.mail.mails.length;
    for (let tries = 0; tries < 6; tries++) {
      expect((await askForChange(rig, browser, page, "busy@example.com")).status).toBe(429);
    }
    expect(rig.mail.mails).toHaveLength(sent);
    expect((await askForChange(rig, browser, page, "ada@new.example")).status).toBe(200);
  });

  it("whose second mail fails each time does not fill the old mailbox", async () => {
    const rig = await startMailSignIn({
      answers: { data: (raw) => (/^To: down@/m.test(raw) ? { code: 421, text: "not now" } : undefined) },
    });
    const { browser, page } = await signInByMail(rig, "ada@example.com");
    const statuses: number[] = [];
    for (let tries = 0; tries < 7; tries++) {
      statuses.push((await askForChange(rig, browser, page, "down@example.com")).status);
    }
    // One of the five of a quarter of an hour was the sign-in.
    expect(statuses).toEqual([503, 503, 503, 503, 429, 429, 429]);
    expect(rig.mail.mails).toHaveLength(5);
  });

  it("is slowed after twenty wrong codes a day, and says when to try again", async () => {
    const rig = await startMailSignIn();
    let answer = new Response();
    // Five for each mail, and five mails in a quarter of an hour.
    for (let mails = 0; mails < 5; mails++) {
      rig.server.advance(15 * 60);
      const { browser, page } = await signInByMail(rig, "ada@example.com");
      const { mail, codes } = await askForChange(rig, browser, page, "ada@new.example");
      const [old_code = "", new_code = ""] = ["ada@example.com", "ada@new.example"].map((to) =>
        codes.get(to),
      );
      for (let by = 1; by <= 5 && answer.status !== 429; by++) {
        const typed = mails < 4 ? otherCode(old_code, by) : old_code;
        answer = await act(browser, page, "confirm_address", { mail, old_code: typed, new_code });
      }
    }
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(3600);
    const said = textOf(await answer.text());
    expect(said).toMatch(/Too many codes were tried\. Try again in \d+ hours\./);
    expect(said).not.toContain("link in the email");
    expect(await emailsOf(rig)).toEqual([["ada@example.com"]]);
  });

  it.each(["", "ada", "ada@example.com", "ADA@EXAMPLE.COM", "a@example.com, b@example.com"])(
    "cannot be %j",
    async (typed) => {
      const rig = await startMailSignIn();
      const { browser, page } = await signInByMail(rig, "ada@example.com");
      const sent = rig.mail.mails.length;
      expect((await act(browser, page, "change_address", { new_address: typed })).status).toBe(400);
      expect(rig.mail.mails).toHaveLength(sent);
    },
  );
});

describe("an address that is linked", () => {
  it("is one more way to sign in, after a mail to it and a click on the page that names it", async () => {
    const rig = await startMailSignIn({ directory: true });
    await addUser(rig.server, "ada");
    const browser = openBrowser(rig.server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const landed = await browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    const page = await openAccount(browser, landed.headers.get("location") ?? "");
    const toForm = await press(browser, page, "link", { method: "magic_link" });
    expect(outcomeOf(toForm)).toBe("/oauth/login");
    const form = await (await browser.request(toForm.headers.get("location") ?? "")).text();
    expect(form).toContain("Email me a link");
    expect(form).not.toContain('name="password"');
    const linking = stateOf(toForm.headers.get("location"));
    await browser.submit("/oauth/sign-in/magic_link", { state: linking, email: "ada@example.com" });
    const link = linkIn(rig.mail.mails.at(-1)?.text ?? "");
    expect(textOf(await (await browser.request(link)).text())).toContain(
      "You asked to link this address: ada@example.com",
    );
    const asked = await askedIn(browser, await pressLink(browser, link));
    expect(await rig.server.store.listIdentities("id of ada")).toHaveLength(1);
    await follow(browser, await press(browser, asked, "confirm_link"));
    const again = await signInByMail(rig, "ada@example.com");
    expect(textOf(again.page.html)).toContain("ada of the test");
    expect(await rig.server.store.listPeople({ now: rig.server.now(), limit: 10 })).toHaveLength(1);
  });
});
