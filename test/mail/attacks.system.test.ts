import { describe, expect, it } from "vitest";
import { textOf } from "../support/account.ts";
import {
  askForMail,
  beginMailSignIn,
  codeIn,
  linkIn,
  otherCode,
  outcomeOf,
  pressLink,
  startMailSignIn,
} from "../support/mail/journey.ts";
import { decide, openBrowser, stateOf } from "../support/person.ts";
import type { addUser } from "../support/users.ts";

const people = async (server: Parameters<typeof addUser>[0]) =>
  (await server.store.listPeople({ now: server.now(), limit: 50 })).length;

describe("a mail is good once", () => {
  it("whether by its link or by its code", async () => {
    for (const first of ["link", "code"] as const) {
      const rig = await startMailSignIn();
      const { browser, link, code, enter } = await askForMail(rig);
      const by = { link: () => pressLink(browser, link), code: () => enter(code) };
      expect(outcomeOf(await by[first]())).toBe("/oauth/consent");
      expect([outcomeOf(await by.link()), outcomeOf(await by.code())]).toEqual(["410", "410"]);
    }
  });

  it("also of eight uses at once, of both kinds", async () => {
    const rig = await startMailSignIn();
    const { browser, link, code, enter } = await askForMail(rig);
    const uses = [0, 1, 2, 3].flatMap(() => [pressLink(browser, link), enter(code)]);
    const outcomes = (await Promise.all(uses)).map(outcomeOf);
    expect(outcomes.filter((one) => one === "/oauth/consent")).toHaveLength(1);
    expect(outcomes.filter((one) => one === "410")).toHaveLength(7);
  });

  it("and for ten minutes", async () => {
    const rig = await startMailSignIn();
    const early = await askForMail(rig);
    rig.server.advance(10 * 60 - 1);
    expect((await early.browser.request(early.link)).status).toBe(200);
    rig.server.advance(1);
    const late = [
      await early.browser.request(early.link),
      await pressLink(early.browser, early.link),
      await early.enter(early.code),
    ];
    expect(late.map(({ status }) => status)).toEqual([410, 410, 410]);
  });

  it("and stays good while programs open its link: GET and HEAD, as often as they like, from anywhere", async () => {
    const rig = await startMailSignIn();
    const { browser, link } = await askForMail(rig);
    for (const method of ["GET", "HEAD", "GET"]) {
      const scanner = openBrowser(rig.server);
      expect((await scanner.request(link, { method })).status).toBe(200);
    }
    expect(outcomeOf(await pressLink(browser, link))).toBe("/oauth/consent");
  });
});

describe("a link that is opened elsewhere", () => {
  it("signs no one in, is not used up, and shows nothing of the mail", async () => {
    const rig = await startMailSignIn();
    const { browser, link } = await askForMail(rig, "ada@example.com", { params: { login_hint: "x" } });
    // One that has a sign-in of its own under way, and one that has not.
    const others = [openBrowser(rig.server), (await beginMailSignIn(rig.server)).browser];
    for (const other of others) {
      const page = await other.request(link);
      const text = textOf(await page.text());
      expect(page.status).toBe(200);
      expect(text).toContain("Type the code where you started");
      expect(text).not.toMatch(/ada@|Test Client|\d{6}/);
      const posted = await pressLink(other, link);
      expect([posted.status, posted.headers.getSetCookie()]).toEqual([403, []]);
      expect(textOf(await posted.text())).toBe(text);
    }
    expect(rig.server.lines.filter(({ name }) => name === "mail.refused")).toHaveLength(2);
    expect(outcomeOf(await pressLink(browser, link))).toBe("/oauth/consent");
  });

  it("is refused where another site posts it", async () => {
    const rig = await startMailSignIn();
    const { browser, link } = await askForMail(rig);
    const token = new URL(link).searchParams.get("token") ?? "";
    const answer = await browser.submit(
      "/oauth/sign-in/magic_link/link",
      { token },
      { headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" } },
    );
    expect(answer.status).toBe(403);
    expect(outcomeOf(await pressLink(browser, link))).toBe("/oauth/consent");
  });

  it("does not count for another sign-in of the same browser", async () => {
    const rig = await startMailSignIn();
    const first = await askForMail(rig);
    const second = await beginMailSignIn(rig.server, { browser: first.browser });
    expect(outcomeOf(await first.enter(first.code, second.state))).toBe("410");
    const landed = await pressLink(first.browser, first.link);
    expect(outcomeOf(landed)).toBe("/oauth/consent");
    // The request that it goes on with is the one that asked.
    const consent = await (await first.browser.request(landed.headers.get("location") ?? "")).text();
    expect(consent).toContain("Test Client");
  });
});

describe("what one gets hold of", () => {
  it("is no token, code or address in the log or the audit log, whatever happens", async () => {
    const rig = await startMailSignIn({
      answers: { rcpt: (to) => (to.startsWith("no") ? { code: 550, text: `no ${to}` } : undefined) },
    });
    const { server, mail } = rig;
    const at = await askForMail(rig);
    await at.browser.request(at.link);
    await openBrowser(server).request(at.link);
    await pressLink(openBrowser(server), at.link);
    await at.enter(otherCode(at.code));
    await at.ask("nobody@example.com");
    await at.enter(at.code);
    await at.enter(at.code);
    await pressLink(at.browser, at.link);
    const audit = await server.store.readAudit({ order: "newest_first", limit: 100 });
    const said = JSON.stringify([server.lines, audit]);
    const token = new URL(at.link).searchParams.get("token") ?? "";
    for (const secret of [token, at.code, otherCode(at.code), "ada@example.com", "nobody@example.com"]) {
      expect(said).not.toContain(secret);
    }
    expect(new Set(server.lines.map(({ name }) => name))).toEqual(
      new Set([
        "client.registered",
        "mail.sent",
        "mail.refused",
        "mail.failed",
        "request.refused",
        "sign_in.ok",
      ]),
    );
    expect(mail.mails).toHaveLength(1);
  });

  it("is no address, token or code in the database", async () => {
    const rig = await startMailSignIn();
    const { id, link, code } = await askForMail(rig);
    const row = JSON.stringify(await rig.server.store.findMailedLink(id, rig.server.now()));
    const token = new URL(link).searchParams.get("token") ?? "";
    for (const secret of [token, code, "ada"]) expect(row).not.toContain(secret);
  });

  it("goes to no other site: no page has a referrer, a cache, a script or anything that is loaded", async () => {
    const rig = await startMailSignIn();
    const at = await askForMail(rig);
    const pages = [
      await at.browser.request(at.link),
      await openBrowser(rig.server).request(at.link),
      await at.browser.request(
        `/oauth/sign-in/magic_link/code?${new URLSearchParams({ state: at.state, mail: at.id })}`,
      ),
      await at.enter("000"),
      await pressLink(openBrowser(rig.server), at.link),
      await pressLink(at.browser, `${at.link}x`),
    ];
    for (const page of pages) {
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; style-src 'sha256-[^;]+; base-uri/,
      );
      expect(await page.text()).not.toMatch(/<(script|img|link|iframe)\b|\bsrc=|https?:\/\/(?!mcp\.example)/);
    }
    const went = await pressLink(at.browser, at.link);
    expect(went.headers.get("referrer-policy")).toBe("no-referrer");
    expect(went.headers.get("location")).not.toContain("token=");
  });
});

describe("guessing a code", () => {
  it("ends the mail with the fifth wrong one, and its link too", async () => {
    const rig = await startMailSignIn();
    const { browser, link, code, enter } = await askForMail(rig);
    const said: string[] = [];
    for (let by = 1; by <= 5; by++) said.push(textOf(await (await enter(otherCode(code, by))).text()));
    expect(said[3]).toContain("You have one more try.");
    expect(said[4]).toContain("wrong five times");
    expect([outcomeOf(await enter(code)), outcomeOf(await pressLink(browser, link))]).toEqual(["410", "410"]);
  });

  it("has five tries however many come at once", async () => {
    const rig = await startMailSignIn();
    const { code, enter } = await askForMail(rig);
    // The right one is among the last: of a thousand at once, only the first five are compared.
    const guesses = Array.from({ length: 20 }, (_, index) =>
      enter(otherCode(code, index === 19 ? 0 : index + 1)),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(5);
    expect(statuses.filter((status) => status === 303)).toHaveLength(0);
  });

  it("is not made easier by more mails: twenty wrong ones a day for an address, from anywhere", async () => {
    const rig = await startMailSignIn();
    let compared = 0;
    for (let mails = 0; mails < 8; mails++) {
      // Each from a network of its own.
      const at = await askForMail(rig, "ada@example.com", { address: `198.51.${mails}.7` });
      for (let by = 1; by <= 5; by++) {
        const { status } = await at.enter(otherCode(at.code, by));
        if (status === 400) compared += 1;
        else expect(status).toBe(429);
      }
      rig.server.advance(600);
    }
    expect(compared).toBe(20);
    const at = await askForMail(rig, "ada@example.com", { address: "203.0.113.9" });
    const slowed = await at.enter(at.code);
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(3600);
    // The link has no six digits to guess.
    expect(outcomeOf(await pressLink(at.browser, at.link))).toBe("/oauth/consent");
  });

  it("of a mail that someone else asked for takes no try from them", async () => {
    const rig = await startMailSignIn();
    const victim = await askForMail(rig);
    const thief = await beginMailSignIn(rig.server);
    for (let by = 1; by <= 6; by++) {
      const answer = await thief.browser.submit("/oauth/sign-in/magic_link/code", {
        state: thief.state,
        mail: victim.id,
        code: otherCode(victim.code, by),
      });
      expect(answer.status).toBe(410);
    }
    expect(outcomeOf(await victim.enter(victim.code))).toBe("/oauth/consent");
  });

  it("does not take the code of another mail", async () => {
    const rig = await startMailSignIn();
    const ada = await askForMail(rig, "ada@example.com");
    const eve = await askForMail(rig, "eve@example.com");
    if (ada.code !== eve.code) expect(outcomeOf(await ada.enter(eve.code))).toBe("400");
    expect(outcomeOf(await ada.enter(ada.code))).toBe("/oauth/consent");
  });

  it("is not counted where it is no code, and shows no error page for it", async () => {
    const rig = await startMailSignIn();
    const { code, enter } = await askForMail(rig);
    for (const typed of ["", "12345", "1234567", "abcdef", "12 34", `${code}1`]) {
      expect(outcomeOf(await enter(typed))).toBe("400");
    }
    expect(outcomeOf(await enter(code))).toBe("/oauth/consent");
  });
});

describe("a mail bomb", () => {
  it("ends for one address after ten mails an hour and twenty a day, from many networks and with tags", async () => {
    const { server, mail } = await startMailSignIn();
    const sent = async (count: number, hour: number): Promise<number> => {
      const before = mail.mails.length;
      for (let index = 0; index < count; index++) {
        const { ask } = await beginMailSignIn(server, { address: `203.${hour}.${index}.1` });
        const answer = await ask(index % 2 === 0 ? "ada@example.com" : `a.da+${index}@example.com`);
        if (answer.status === 303) continue;
        expect(answer.status).toBe(429);
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      }
      return mail.mails.length - before;
    };
    expect(await sent(14, 1)).toBe(10);
    server.advance(3600);
    expect(await sent(14, 2)).toBe(10);
    server.advance(3600);
    expect(await sent(3, 3)).toBe(0);
    expect(server.lines.filter(({ name }) => name === "mail.slowed").length).toBeGreaterThan(8);
  });

  it("does not shut out the person at a network where they signed in before", async () => {
    const { server, mail } = await startMailSignIn();
    const home = "198.51.100.7";
    const at = await askForMail({ server, mail }, "ada@example.com", { address: home });
    expect(outcomeOf(await at.enter(at.code))).toBe("/oauth/consent");
    for (let index = 0; index < 12; index++) {
      await (await beginMailSignIn(server, { address: `203.0.${index}.1` })).ask("ada@example.com");
    }
    const stranger = await beginMailSignIn(server, { address: "203.0.99.1" });
    expect((await stranger.ask("ada@example.com")).status).toBe(429);
    const again = await askForMail({ server, mail }, "ada@example.com", { address: home });
    expect(outcomeOf(await again.enter(again.code))).toBe("/oauth/consent");
  });

  it("ends for many addresses from one network, and others go on", async () => {
    const { server, mail } = await startMailSignIn();
    const { ask } = await beginMailSignIn(server, { address: "203.0.113.5" });
    const statuses: number[] = [];
    for (let index = 0; index < 65; index++) statuses.push((await ask(`p${index}@example.com`)).status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(60);
    expect(statuses.at(-1)).toBe(429);
    expect(mail.mails).toHaveLength(60);
    const other = await beginMailSignIn(server, { address: "198.51.100.1" });
    expect((await other.ask("p99@example.com")).status).toBe(303);
  });
});

describe("an address that is not there", () => {
  const ask = async (rig: Awaited<ReturnType<typeof startMailSignIn>>, email: string) => {
    const at = await beginMailSignIn(rig.server);
    const answer = await at.ask(email);
    const location = answer.headers.get("location") ?? "";
    const page = await at.browser.request(location);
    const headers = (response: Response) =>
      [...response.headers]
        .filter(([name]) => name !== "location" && name !== "content-length")
        .map(([name, value]) => `${name}: ${value}`);
    const without = (text: string) =>
      text
        .replaceAll(email, "ADDRESS")
        .replace(/value="[^"]{20,}"/g, "")
        .replace(/state=[^"&]+/g, "");
    return {
      status: answer.status,
      headers: headers(answer),
      leadsTo: new URL(location).pathname,
      page: { status: page.status, headers: headers(page), text: without(await page.text()) },
    };
  };

  it("is answered like one of a person, one that may not come in, one that is disabled, and one without a mailbox", async () => {
    const rig = await startMailSignIn({
      admit: { domains: ["example.com"] },
      answers: {
        rcpt: (to) => (to === "gone@example.com" ? { code: 550, text: "no such user" } : undefined),
      },
    });
    const { server } = rig;
    for (const email of ["known@example.com", "disabled@example.com"]) {
      const at = await askForMail(rig, email);
      await at.enter(at.code);
    }
    const [disabled] = await server.store.listPeople({ matching: "disabled@", now: server.now(), limit: 1 });
    await server.store.disablePerson(disabled?.person.id ?? "", server.now(), {
      event: "person.disabled",
      at: server.now(),
      fields: { person: disabled?.person.id ?? "", operator: "root", address: "-" },
    });
    const known = await ask(rig, "known@example.com");
    for (const email of ["new@example.com", "eve@evil.example", "disabled@example.com", "gone@example.com"]) {
      expect(await ask(rig, email), email).toEqual(known);
    }
    expect(known.status).toBe(303);
  });

  it("leaves as many rows and lines behind", async () => {
    const rig = await startMailSignIn({ admit: { domains: ["example.com"] } });
    const first = await askForMail(rig, "known@example.com");
    await first.enter(first.code);
    const left = async (email: string) => {
      const lines = rig.server.lines.length;
      const at = await askForMail(rig, email);
      const row = await rig.server.store.findMailedLink(at.id, rig.server.now());
      const written = rig.server.lines.slice(lines).map(({ name, fields }) => [name, Object.keys(fields)]);
      return { written, row: Object.entries(row ?? {}).map(([name, value]) => [name, typeof value]) };
    };
    const known = await left("known@example.com");
    expect(await left("new@example.com")).toEqual(known);
    expect(await left("eve@evil.example")).toEqual(known);
  });
});

describe("what changes while a mail is on its way", () => {
  it("a person who is disabled is not signed in by it", async () => {
    const rig = await startMailSignIn();
    const first = await askForMail(rig);
    await first.enter(first.code);
    const [ada] = await rig.server.store.listPeople({ now: rig.server.now(), limit: 1 });
    const at = await askForMail(rig);
    const person = ada?.person.id ?? "";
    const fields = { person, operator: "root", address: "-" };
    await rig.server.store.disablePerson(person, rig.server.now(), {
      event: "person.disabled",
      at: rig.server.now(),
      fields,
    });
    const refused = await pressLink(at.browser, at.link);
    expect(refused.status).toBe(403);
    expect(await rig.server.store.listSessions(person, rig.server.now())).toEqual([]);
  });

  it("a sign-out ends it: it was asked for before", async () => {
    const rig = await startMailSignIn();
    const first = await askForMail(rig);
    await first.enter(first.code);
    const [ada] = await rig.server.store.listPeople({ now: rig.server.now(), limit: 1 });
    const person = ada?.person.id ?? "";
    const at = await askForMail(rig);
    rig.server.advance(1);
    const fields = { person, operator: "root", address: "-" };
    await rig.server.store.signOutPerson(person, rig.server.now(), {
      event: "person.signed_out",
      at: rig.server.now(),
      fields,
    });
    rig.server.advance(1);
    expect(outcomeOf(await at.enter(at.code))).toBe("/oauth/login");
    expect(await rig.server.store.listSessions(person, rig.server.now())).toEqual([]);
    const next = await askForMail(rig, "ada@example.com", { browser: at.browser });
    expect(outcomeOf(await next.enter(next.code))).toBe("/oauth/consent");
  });

  it("a client that is removed gets nothing for it", async () => {
    const rig = await startMailSignIn();
    const at = await askForMail(rig);
    const fields = { client: at.clientId, operator: "root", address: "-" };
    const { store, now } = rig.server;
    await store.removeClient(at.clientId, now(), { event: "client.removed", at: now(), fields });
    // What an instance remembers of a client is a minute old at most.
    rig.server.advance(61);
    const landed = await at.enter(at.code);
    const decided = await decide(at.browser, stateOf(landed.headers.get("location")), "approve", ["mcp"]);
    expect(decided.headers.get("location") ?? "").not.toContain("code=");
    expect(await store.listGrants({ liveAt: now() })).toEqual([]);
  });

  it("the visit is over: nothing is signed in, and the mail is not used up", async () => {
    const rig = await startMailSignIn();
    const at = await beginMailSignIn(rig.server);
    rig.server.advance(25 * 60);
    await at.ask("ada@example.com");
    const [received] = rig.mail.mails;
    rig.server.advance(6 * 60);
    const link = linkIn(received?.text ?? "");
    expect((await pressLink(at.browser, link)).status).toBe(400);
    expect(codeIn(received?.text ?? "")).toMatch(/^\d{6}$/);
    expect(await people(rig.server)).toBe(0);
  });
});
