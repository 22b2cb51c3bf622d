import { describe, expect, it } from "vitest";
import { magicLink, users } from "../../src/authorization-server/sign-in/index.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { textOf } from "../support/account.ts";
import { FROM, linkIn, type MailRig, pressLink, startMailSignIn } from "../support/mail/journey.ts";
import { type Received, startMailServer } from "../support/mail/mail-server.ts";
import { openBrowser } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { sampleEntry, samplePerson } from "../support/store/samples.ts";
import { addUser, beginSignIn, signInStatus, startDirectory } from "../support/users.ts";

// Choosing a password hashes it at full cost.

const NEW = "a better password";

async function begin({ server }: MailRig, address?: string) {
  const { browser, state } = await beginSignIn(server, address === undefined ? {} : { address });
  const path = "/oauth/forgotten-password";
  return {
    browser,
    state,
    ask: (email: string) => browser.submit(path, { state, email }),
    page: () => browser.request(`${path}?${new URLSearchParams({ state })}`),
  };
}

async function save(rig: MailRig, link: string, password = NEW): Promise<Response> {
  const token = new URL(link).searchParams.get("token") ?? "";
  return openBrowser(rig.server).submit("/oauth/invitation", { token, password, again: password });
}

/** Asks a server for a link, each time in a browser of its own: whether the mail has one. */
function asking(server: TestServer, mails: readonly Received[]) {
  const start = () => beginSignIn(server);
  return {
    begin: start,
    async hasLink(email: string): Promise<boolean> {
      const { browser, state } = await start();
      await browser.submit("/oauth/forgotten-password", { state, email });
      const mail = mails.at(-1);
      expect(mail?.to).toEqual([email]);
      return mail?.text.includes("token=") === true;
    },
  };
}

const ISSUER = "https://mcp.example";

const startWithAda = async (emails: readonly string[] = ["ada@example.com"]): Promise<MailRig> => {
  const rig = await startMailSignIn({ directory: true });
  await addUser(rig.server, "ada", undefined, { emails });
  return rig;
};

describe("a forgotten password", () => {
  it("is set anew by the link in a mail, once, and ends sessions; nothing else about it is new", async () => {
    const rig = await startWithAda();
    const { ask, browser, state, page } = await begin(rig);
    const login = await (await browser.request(`/oauth/login?${new URLSearchParams({ state })}`)).text();
    expect(login).toContain("/oauth/forgotten-password?state=");
    expect(textOf(await (await page()).text())).toContain("Forgot your password?");
    const sent = await ask("Ada@Example.com");
    expect(sent.status).toBe(303);
    expect(textOf(await (await browser.request(sent.headers.get("location") ?? "")).text())).toContain(
      "Check your email",
    );
    const [mail] = rig.mail.mails;
    expect(mail?.headers.get("subject")).toBe("Your password for Test App");
    expect(mail?.text).toContain("Your username is ada.");
    const link = linkIn(mail?.text ?? "");
    expect(link).toMatch(/\/oauth\/invitation\?token=[\w-]{43}$/);
    expect((await openBrowser(rig.server).request(link)).status).toBe(200);
    expect((await save(rig, link)).status).toBe(200);
    expect((await save(rig, link, "yet another one")).status).toBe(410);
    expect(await signInStatus(rig.server, "ada", NEW)).toBe(303);
    expect(await rig.server.store.findPerson("id of ada")).toMatchObject({ signedOutAt: rig.server.now() });
  });

  it("is nothing of an address that no one has, or that no one with a password has: the mail says so, the page does not", async () => {
    const rig = await startWithAda(["other@example.com"]);
    const known = await begin(rig);
    const statuses = [(await known.ask("other@example.com")).status];
    for (const email of ["ada@example.com", "eve@example.com"])
      statuses.push((await known.ask(email)).status);
    expect(statuses).toEqual([303, 303, 303]);
    expect(rig.mail.mails.map(({ to, text }) => [to[0], text.includes("token=")])).toEqual([
      ["other@example.com", true],
      ["ada@example.com", false],
      ["eve@example.com", false],
    ]);
  });

  it("of a person with a passkey in place of a password gets no link: it would be a weaker way in", async () => {
    const rig = await startMailSignIn({ directory: true });
    const { addPerson } = rig.server.store;
    const grace = samplePerson("grace", { emails: ["grace@example.com"], passwordHash: undefined });
    await addPerson(grace, sampleEntry("person.added"));
    const { ask } = await begin(rig);
    expect((await ask("grace@example.com")).status).toBe(303);
    expect(rig.mail.mails.map(({ text }) => text.includes("token="))).toEqual([false]);
  });

  it("goes by what is linked now, and by what the operator said: not by what a sign-in said once", async () => {
    const { smtp, mails } = await startMailServer();
    const signIn = [users(), magicLink({ smtp, from: FROM }), redirecting("okta", "Okta")];
    const server = await startServer({}, { admit: "anyone", signIn });
    await addUser(server, "ada", undefined, { emails: ["ada@corp.example"] });
    const [mailbox, okta] = [
      { method: "magic_link", issuer: "", subject: "eve@evil.example" },
      { method: "oidc", issuer: "https://okta.example", subject: "eve" },
    ];
    const { begin: start, hasLink } = asking(server, mails);
    for (const identity of [mailbox, okta]) {
      const linked = { ...identity, personId: "id of ada", label: "eve", now: server.now() };
      await server.store.addIdentity(linked, sampleEntry("identity.linked"));
    }
    // Someone who had her browser for five minutes signs in by both.
    const { browser, state } = await start();
    await comeBack(browser, "okta", state, { subject: "eve" });
    const again = await start();
    await again.browser.submit("/oauth/sign-in/magic_link", {
      state: again.state,
      email: "eve@evil.example",
    });
    await pressLink(again.browser, linkIn(mails.at(-1)?.text ?? ""));
    expect(await server.store.listSessions("id of ada", server.now())).toHaveLength(2);
    expect(await hasLink("eve@evil.example")).toBe(true);
    const earlier = linkIn(mails.at(-1)?.text ?? "");
    expect((await openBrowser(server).request(earlier)).status).toBe(200);
    // She finds both, and removes them.
    const own = { method: "users", issuer: "", subject: "ada" };
    for (const identity of [mailbox, okta])
      await server.store.removeIdentity("id of ada", identity, own, sampleEntry("identity.unlinked"));
    expect((await openBrowser(server).request(earlier)).status).toBe(410);
    expect(await hasLink("eve@evil.example")).toBe(false);
    expect(await hasLink("eve@okta.example")).toBe(false);
    expect(await hasLink("ada@corp.example")).toBe(true);
  });

  it("is not kept from a person by others whose names look like their address", async () => {
    const { smtp, mails } = await startMailServer();
    const named = redirecting("okta", "Okta", { profile: { name: "ada@example.com" }, emails: [] });
    const signIn = [users(), magicLink({ smtp, from: FROM }), named];
    const server = await startServer({}, { admit: "anyone", signIn });
    const { begin: start, hasLink } = asking(server, mails);
    for (let index = 0; index < 6; index++) {
      const { browser, state } = await start();
      await comeBack(browser, "okta", state, { subject: `m-${index}` });
    }
    await addUser(server, "ada", undefined, { emails: ["ada@example.com"] });
    expect(await hasLink("ada@example.com")).toBe(true);
  });

  it("leaves the operator's own link, which a stranger could end by asking", async () => {
    const rig = await startWithAda();
    const { url, link } = newLink({ purpose: "password", personId: "id of ada" }, ISSUER, rig.server.now());
    await rig.server.store.addLink(link, sampleEntry("person.invited"));
    await (await begin(rig)).ask("ada@example.com");
    expect((await openBrowser(rig.server).request(url)).status).toBe(200);
    const mailed = linkIn(rig.mail.mails.at(-1)?.text ?? "");
    expect((await save(rig, mailed)).status).toBe(200);
    // With the new password, that one is over too.
    expect((await openBrowser(rig.server).request(url)).status).toBe(410);
  });

  it("was asked for before the person signed out everywhere: the link is over", async () => {
    const rig = await startWithAda();
    await (await begin(rig)).ask("ada@example.com");
    const link = linkIn(rig.mail.mails.at(-1)?.text ?? "");
    expect((await openBrowser(rig.server).request(link)).status).toBe(200);
    await rig.server.store.signOutPerson("id of ada", rig.server.now(), sampleEntry("person.signed_out"));
    expect((await openBrowser(rig.server).request(link)).status).toBe(410);
    expect((await save(rig, link)).status).toBe(410);
  });

  it("has no page on a server without a directory, also where another method has its name", async () => {
    const mail = await startMailServer();
    const signIn = [redirecting("users", "Company"), magicLink({ smtp: mail.smtp, from: FROM })];
    const { page, browser, state } = await begin({
      server: await startServer({}, { signIn, admit: "anyone" }),
      mail,
    });
    expect((await page()).status).toBe(404);
    const login = await (await browser.request(`/oauth/login?${new URLSearchParams({ state })}`)).text();
    expect(login).not.toContain("forgotten-password");
  });

  it("of a person who is disabled stays as it is", async () => {
    const rig = await startWithAda();
    const { store, now } = rig.server;
    const fields = { person: "id of ada", operator: "root", address: "-" };
    await store.disablePerson("id of ada", now(), { event: "person.disabled", at: now(), fields });
    const { ask } = await begin(rig);
    expect((await ask("ada@example.com")).status).toBe(303);
    expect(rig.mail.mails[0]?.text).not.toContain("token=");
  });

  it("gets no link for a part of an address, nor for a wildcard", async () => {
    const rig = await startWithAda(["ada@example.com", "ada@mail.example"]);
    const { ask } = await begin(rig);
    for (const email of ["da@example.com", "ada@example.co", "a%a@example.com", "a_a@example.com"])
      await ask(email);
    expect(rig.mail.mails.map(({ text }) => text.includes("token="))).toEqual([false, false, false, false]);
  });

  it("is limited like every mail, and its links are no secret of the log", async () => {
    const rig = await startWithAda();
    const { ask } = await begin(rig, "198.51.100.7");
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) statuses.push((await ask("ada@example.com")).status);
    expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429]);
    expect(rig.mail.mails).toHaveLength(5);
    // Each new link ends the one before.
    const [first, ...others] = rig.mail.mails.map(({ text }) => linkIn(text));
    expect((await save(rig, first ?? "")).status).toBe(410);
    const audit = await rig.server.store.readAudit({ order: "newest_first", limit: 100 });
    expect(JSON.stringify([rig.server.lines, audit])).not.toMatch(/token=|ada@example/);
    expect((await save(rig, others.at(-1) ?? "")).status).toBe(200);
  });

  it("is not asked about from another site, or without the sign-in page", async () => {
    const rig = await startWithAda();
    const { browser, state } = await begin(rig);
    const there = openBrowser(rig.server);
    expect(
      (await there.submit("/oauth/forgotten-password", { state, email: "ada@example.com" })).status,
    ).toBe(403);
    const cross = { headers: { "sec-fetch-site": "cross-site" } };
    expect(
      (await browser.submit("/oauth/forgotten-password", { state, email: "ada@example.com" }, cross)).status,
    ).toBe(403);
    expect(rig.mail.mails).toEqual([]);
  });

  it("when the mail server is down, is a page with a way to try again, for every address", async () => {
    const rig = await startWithAda();
    await rig.mail.stop();
    const { ask } = await begin(rig);
    for (const email of ["ada@example.com", "eve@example.com"]) {
      const down = await ask(email);
      expect(down.status).toBe(503);
      expect(await down.text()).toContain('action="https://mcp.example/oauth/forgotten-password"');
    }
  });

  it("has no page where the server sends no mail, or has no directory", async () => {
    const withoutMail = await startDirectory();
    const withoutPasswords = (await startMailSignIn()).server;
    const other = await startServer();
    for (const server of [withoutMail, withoutPasswords, other]) {
      const { browser, state } = await beginSignIn(server);
      const path = `/oauth/forgotten-password?${new URLSearchParams({ state })}`;
      expect((await browser.request(path)).status).toBe(404);
      const login = await browser.request(`/oauth/login?${new URLSearchParams({ state })}`);
      expect(await login.text()).not.toContain("Forgot your password?");
    }
  });
});
