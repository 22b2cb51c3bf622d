import { describe, expect, it } from "vitest";
import { textOf } from "../support/account.ts";
import {
  askForMail,
  beginMailSignIn,
  FROM,
  outcomeOf,
  pressLink,
  startMailSignIn,
} from "../support/mail/journey.ts";
import { signedIn } from "../support/people.ts";
import { type Browser, openBrowser, stateOf } from "../support/person.ts";
import { sampleEntry } from "../support/store/samples.ts";

describe("a sign-in by mail", () => {
  it("sends one plain mail, with a link and a code, to the address alone", async () => {
    const { server, mail } = await startMailSignIn();
    const { mail: received, link, code } = await askForMail({ server, mail });
    expect(mail.mails).toHaveLength(1);
    expect(received).toMatchObject({ from: "no-reply@mcp.example", to: ["ada@example.com"] });
    expect(Object.fromEntries(received.headers)).toMatchObject({
      from: FROM,
      to: "ada@example.com",
      subject: "Sign in to Test App",
      "auto-submitted": "auto-generated",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(link).toMatch(/^https:\/\/mcp\.example\/oauth\/sign-in\/magic_link\/link\?token=[\w-]{43}$/);
    expect(code).toMatch(/^\d{6}$/);
    // Whatever an app calls itself is not in the mail: its text would be a stranger's.
    expect(received.raw).not.toContain("Test Client");
  });

  it("goes on with the code, typed where it began", async () => {
    const { server, mail } = await startMailSignIn();
    const { enter, code } = await askForMail({ server, mail });
    expect(outcomeOf(await enter(`${code.slice(0, 3)} ${code.slice(3)}`))).toBe("/oauth/consent");
  });

  it("ends with a click on the page for the code: neither link nor code counts any more", async () => {
    const { server, mail } = await startMailSignIn();
    const at = await askForMail({ server, mail });
    const cancel = (by: Browser, state: string) =>
      by.submit("/oauth/sign-in/magic_link/code", { state, mail: at.id, cancel: "1" });
    // No one else ends it: not with their own visit, nor from another site.
    const eve = await askForMail({ server, mail }, "eve@example.com");
    expect(outcomeOf(await cancel(eve.browser, eve.state))).toBe("/oauth/login");
    expect((await cancel(eve.browser, at.state)).status).toBe(403);
    const cross = await at.browser.submit(
      "/oauth/sign-in/magic_link/code",
      { state: at.state, mail: at.id, cancel: "1" },
      { headers: { "sec-fetch-site": "cross-site" } },
    );
    expect(cross.status).toBe(403);
    expect((await at.browser.request(at.link)).status).toBe(200);
    const page = await at.browser.request(
      `/oauth/sign-in/magic_link/code?${new URLSearchParams({ state: at.state, mail: at.id })}`,
    );
    expect(await page.text()).toContain('name="cancel"');
    const answer = await cancel(at.browser, at.state);
    expect(outcomeOf(answer)).toBe("/oauth/login");
    expect((await at.browser.request(answer.headers.get("location") ?? "")).status).toBe(200);
    expect((await at.browser.request(at.link)).status).toBe(410);
    expect(outcomeOf(await pressLink(at.browser, at.link))).toBe("410");
    expect(outcomeOf(await at.enter(at.code))).toBe("410");
    expect(outcomeOf(await eve.enter(eve.code))).toBe("/oauth/consent");
  });

  it("goes on with the link, after a click on the page that it opens", async () => {
    const { server, mail } = await startMailSignIn();
    const { browser, link } = await askForMail({ server, mail });
    const page = await browser.request(link);
    expect(page.status).toBe(200);
    expect(textOf(await page.text())).toContain("You asked to sign in as ada@example.com Test Client");
    expect(outcomeOf(await pressLink(browser, link))).toBe("/oauth/consent");
  });

  it("makes one person of an address, whatever the case of its letters, and tells tools the address", async () => {
    const { server, mail } = await startMailSignIn();
    for (const typed of ["ada@example.com", " ADA@Example.COM "]) {
      const { enter, code } = await askForMail({ server, mail }, typed);
      expect(outcomeOf(await enter(code))).toBe("/oauth/consent");
    }
    const people = await server.store.listPeople({ now: server.now(), limit: 10 });
    expect(people).toHaveLength(1);
    expect(people[0]).toMatchObject({ person: { email: "ada@example.com" }, emails: ["ada@example.com"] });
    expect(await server.store.listIdentities(people[0]?.person.id ?? "")).toMatchObject([
      { method: "magic_link", issuer: "", subject: "ada@example.com", label: "ada@example.com" },
    ]);
  });

  it("is one more form on the sign-in page, with the address that the client expects", async () => {
    const { server } = await startMailSignIn({ directory: true });
    const { browser, state } = await beginMailSignIn(server, { params: { login_hint: "Ada@Example.com" } });
    const page = await (await browser.request(`/oauth/login?${new URLSearchParams({ state })}`)).text();
    expect(page).toContain('name="email" value="ada@example.com"');
    expect(page).toContain("Email me a link");
    expect(page).toContain("Forgot your password?");
  });

  it("keeps what the operator says of a person of the directory", async () => {
    const { server, mail } = await startMailSignIn({ directory: true });
    const now = server.now();
    const identity = { method: "users", issuer: "", subject: "ada" };
    const entry = {
      event: "person.added",
      at: now,
      fields: { person: "p1", operator: "root", address: "-" },
    } as const;
    await server.store.addPerson(
      {
        person: { id: "p1", name: "Ada", email: "old@example.com" },
        emails: ["old@example.com"],
        groups: ["admins"],
        identity,
        label: "ada",
        passwordHash: undefined,
        now,
      },
      entry,
    );
    const linked = {
      event: "identity.linked",
      at: now,
      fields: { person: "p1", method: "magic_link", address: "-", correlationId: "-" },
    } as const;
    const own = { method: "magic_link", issuer: "", subject: "ada@example.com" };
    await server.store.addIdentity({ ...own, personId: "p1", label: "ada@example.com", now }, linked);
    const { enter, code } = await askForMail({ server, mail });
    expect(outcomeOf(await enter(code))).toBe("/oauth/consent");
    expect(await server.store.findPerson("p1")).toMatchObject({
      person: { id: "p1", name: "Ada", email: "old@example.com" },
      emails: ["old@example.com"],
      groups: ["admins"],
    });
  });

  it("leaves a person the groups that another way in said: they may keep someone out, or need a second factor", async () => {
    const { server, mail } = await startMailSignIn();
    const own = { method: "magic_link", issuer: "", subject: "ada@example.com" };
    const okta = { method: "oidc", issuer: "https://okta.example", subject: "ada" };
    await signedIn(server.store, {
      person: { id: "p1" },
      identity: okta,
      groups: ["staff"],
      now: server.now(),
    });
    const linked = { ...own, personId: "p1", label: "ada@example.com", now: server.now() };
    await server.store.addIdentity(linked, sampleEntry("identity.linked"));
    const { enter, code } = await askForMail({ server, mail });
    expect(outcomeOf(await enter(code))).toBe("/oauth/consent");
    expect(await server.store.findPerson("p1")).toMatchObject({
      person: { email: "ada@example.com" },
      groups: ["staff"],
    });
  });

  it("asks who may come in after the mail was read, and says so then", async () => {
    const { server, mail } = await startMailSignIn({ admit: { domains: ["example.com"] } });
    const { enter, code } = await askForMail({ server, mail }, "eve@evil.example");
    const refused = await enter(code);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("This account can’t be used here");
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
  });

  it("works on a loopback issuer, where the request's cookie is what binds it", async () => {
    const publicUrl = "http://localhost:4321";
    const { server, mail } = await startMailSignIn({ options: { publicUrl } });
    const browser = openBrowser(server, publicUrl);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    await browser.submit("/oauth/sign-in/magic_link", { state, email: "ada@example.com" });
    const link = /http\S+/.exec(mail.mails[0]?.text ?? "")?.[0] ?? "";
    expect(outcomeOf(await pressLink(openBrowser(server, publicUrl), link))).toBe("403");
    expect(outcomeOf(await pressLink(browser, link))).toBe("/account");
  });
});

describe("a form for an address", () => {
  it.each([
    "",
    "ada",
    "ada@",
    "ada@localhost",
    "ada@example.com, eve@example.com",
    "ada@example.com;eve@example.com",
    "Ada <ada@example.com>",
    '"ada"@example.com',
    "ada@[127.0.0.1]",
    "ada@127.0.0.1",
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com\nBcc: eve@example.com",
    "ada\u0000@example.com",
    "ada@example.com\u200b",
    "ada@exam ple.com",
    "ad\u00e4@example.com",
    "\u212Aate@example.com",
    ".ada@example.com",
    "ada..b@example.com",
    `${"a".repeat(65)}@example.com`,
    `ada@${"a.".repeat(130)}com`,
    "ada@-example.com",
    "ada@example.com.",
  ])("takes no %j, and sends nothing", async (typed) => {
    const { server, mail } = await startMailSignIn();
    const { ask } = await beginMailSignIn(server);
    const answer = await ask(typed);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("Type one email address");
    expect(mail.mails).toEqual([]);
  });

  it("takes an address of another script's domain as the DNS has it", async () => {
    const { server, mail } = await startMailSignIn();
    const { enter, code } = await askForMail({ server, mail }, "ada@B\u00fccher.example");
    expect(mail.mails[0]?.headers.get("to")).toBe("ada@xn--bcher-kva.example");
    expect(outcomeOf(await enter(code))).toBe("/oauth/consent");
  });
});
