import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import {
  type AccountPage,
  askedIn,
  beginLink,
  confirmLink,
  follow,
  openAccount,
  press,
  signInToAccount,
  textOf,
  valuesOf,
} from "../support/account.ts";
import { SECRET } from "../support/forge.ts";
import { type Browser, openBrowser, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { closeServers, PEOPLE, startServer, type TestServer } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { leadsTo, signInThere, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { sampleEntry } from "../support/store/samples.ts";

// Linking another way to sign in at /account, and removing one.

const google = redirecting("google", "Google");
const github = redirecting("github", "GitHub");
const GONE = { method: "oidc", issuer: "https://gone.example", subject: "ada" };

const own: SignInMethod = password((id, typed) => (PEOPLE[id] === typed ? { id, name: id } : null));

let server: TestServer;
let browser: Browser;
let page: AccountPage;

beforeEach(async () => {
  server = await startServer({}, { signIn: [own, google, github] });
  browser = openBrowser(server);
  page = await signInToAccount(browser);
});

const subjects = async (id = "ada", { store } = server): Promise<readonly string[]> =>
  (await store.listIdentities(id))
    .map(({ method, issuer, subject }) =>
      method === "password" ? "password" : `${new URL(issuer).hostname} ${subject}`,
    )
    .sort();

const audited = async (name: string) =>
  (await server.store.readAudit({ order: "newest_first", limit: 100 }))
    .filter(({ event }) => event === name)
    .map(({ fields }) => fields);

/** Links what the provider says, and shows the page after it. */
async function link(name: string, subject: string): Promise<AccountPage> {
  const state = await beginLink(browser, page, name);
  return confirmLink(browser, await comeBack(browser, name, state, { subject }));
}

/** Up to the question whether to link it. */
async function ask(name: string, subject: string): Promise<AccountPage> {
  const state = await beginLink(browser, page, name);
  return askedIn(browser, await comeBack(browser, name, state, { subject }));
}

/** A person who signed in with a provider. */
async function signInWith(name: string, subject: string, there = openBrowser(server)): Promise<Browser> {
  const state = stateOf((await there.request("/account")).headers.get("location"));
  await follow(there, await comeBack(there, name, state, { subject }));
  return there;
}

async function expectNotLinked(answer: Response, said: string, status = 403): Promise<string> {
  expect(answer.status).toBe(status);
  expect(answer.headers.getSetCookie().filter((line) => line.includes("session"))).toEqual([]);
  const html = await answer.text();
  expect(textOf(html)).toContain(said);
  expect(await subjects()).toEqual(["password"]);
  expect(await audited("identity.linked")).toEqual([]);
  return html;
}

/** The button of the row that says this. */
function removalOf({ html }: AccountPage, said: string): string {
  const row = html.split("<li").find((text) => text.includes(said)) ?? "";
  return /name="identity" value="([^"]+)"/.exec(row)?.[1] ?? "";
}

describe("linking", () => {
  it("makes what a provider proves a way to sign in as the same person", async () => {
    expect(textOf(page.html)).toContain("Link Google");
    const after = await link("google", "g1");
    expect(textOf(after.html)).toContain("You can now sign in this way too.");
    expect(textOf(after.html)).toContain("Google g1@google.example Since");
    expect(textOf(after.html)).not.toContain("Link Google");
    expect(await subjects()).toEqual(["google.example g1", "password"]);
    expect(await audited("identity.linked")).toMatchObject([{ person: "ada", method: "google" }]);
    const there = await signInWith("google", "g1");
    expect(textOf((await openAccount(there)).html)).toContain("ID ada");
  });

  it("changes nothing else: no session, no name, no address", async () => {
    const cookie = browser.cookie();
    const [before, sessions] = [await server.store.findPerson("ada"), await listed()];
    await link("google", "g1");
    expect(await server.store.findPerson("ada")).toEqual(before);
    expect(await listed()).toEqual(sessions);
    expect(browser.cookie()).toBe(cookie);
  });

  it("of an identity that is linked already is no error, and no second entry", async () => {
    const state = await beginLink(browser, page, "google");
    await confirmLink(browser, await comeBack(browser, "google", state, { subject: "g1" }));
    const again = await follow(browser, await comeBack(browser, "google", state, { subject: "g1" }));
    expect(textOf(again.html)).toContain("You can now sign in this way too.");
    expect(await subjects()).toEqual(["google.example g1", "password"]);
    expect(await audited("identity.linked")).toHaveLength(1);
  });

  it("of an identity that proves someone else is refused, with a page that says so and leads back", async () => {
    await signInWith("google", "grace");
    const [grace] = await server.store.listPeople({ now: server.now(), limit: 1, matching: "grace" });
    const state = await beginLink(browser, page, "google");
    const html = await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "grace" }),
      "This Google account belongs to another person here.",
    );
    expect(textOf(html)).toContain("Nothing was linked");
    expect(html).toMatch(/href="https:\/\/mcp\.example\/account[^"]*"[^>]*>Back to your account/);
    expect(await subjects(grace?.person.id)).toEqual(["google.example grace"]);
    expect(await audited("sign_in.refused")).toMatchObject([
      { person: "ada", reason: "not linked: it belongs to another person" },
    ]);
    // What the page does not say: who that is.
    expect(html).not.toContain(grace?.person.id);
  });

  it("of one identity by two people at once leaves it with one", async () => {
    const other = openBrowser(server);
    const theirs = await signInToAccount(other, "grace", "hopper");
    const states = [await beginLink(browser, page, "google"), await beginLink(other, theirs, "google")];
    const asked = await Promise.all(
      [browser, other].map(async (one, i) =>
        askedIn(one, await comeBack(one, "google", states[i] ?? "", { subject: "g1" })),
      ),
    );
    const answers = await Promise.all(
      [browser, other].map((one, i) => press(one, asked[i] ?? page, "confirm_link")),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 403]);
    expect([...(await subjects("ada")), ...(await subjects("grace"))].sort()).toEqual([
      "google.example g1",
      "password",
      "password",
    ]);
  });
});

describe("before it links, the page asks", () => {
  const linked = async () => (await subjects()).filter((one) => one !== "password");

  it("what to link to whose account, and nothing is written before the click", async () => {
    const asked = await ask("google", "g1");
    const text = textOf(asked.html);
    expect(text).toContain("Link Google (g1@google.example) to the account of ada?");
    expect(text.indexOf("Link Google")).toBeLessThan(text.indexOf("Who you are"));
    expect(text).not.toContain("You can now sign in this way too.");
    expect(await subjects()).toEqual(["password"]);
    expect(await audited("identity.linked")).toEqual([]);
    const after = await follow(browser, await press(browser, asked, "confirm_link"));
    expect(textOf(after.html)).toContain("You can now sign in this way too.");
    expect(textOf(after.html)).not.toContain("to the account of");
    expect(await linked()).toEqual(["google.example g1"]);
  });

  it("and names the account by its id and address: a name can be anyone's", async () => {
    const names = password((id) => ({ id, name: "The name of the victim" }));
    server = await startServer({}, { signIn: [names, google] });
    browser = openBrowser(server);
    page = await signInToAccount(browser, "attacker");
    expect(textOf((await ask("google", "g1")).html)).toContain(
      "to the account of The name of the victim? Then signing in with Google opens this account. Only link it if you asked for this, and if this account is yours: The name of the victim, ID attacker",
    );
  });

  it("and names it by a verified address, where there is one", async () => {
    browser = await signInWith("github", "h1");
    page = await openAccount(browser);
    expect(textOf((await ask("google", "g1")).html)).toMatch(
      /if this account is yours: h1, ID [\w-]+, h1@github\.example Don’t link/,
    );
  });

  it("and “Don’t link” links nothing, with a page that says so", async () => {
    const asked = await ask("google", "g1");
    const [, no = ""] = /href="([^"]+)">Don’t link/.exec(asked.html) ?? [];
    const after = await openAccount(browser, no.replaceAll("&amp;", "&"));
    expect(textOf(after.html)).toContain("Nothing was linked.");
    expect(textOf(after.html)).not.toContain("to the account of");
    expect(await subjects()).toEqual(["password"]);
    expect(await audited("identity.linked")).toEqual([]);
  });

  it("and a second click changes nothing, also at once", async () => {
    const asked = await ask("google", "g1");
    const clicks = [1, 2].map(() => press(browser, asked, "confirm_link"));
    for (const answer of [...(await Promise.all(clicks)), await press(browser, asked, "confirm_link")]) {
      expect(textOf((await follow(browser, answer)).html)).toContain("You can now sign in this way too.");
    }
    expect(await linked()).toEqual(["google.example g1"]);
    expect(await audited("identity.linked")).toHaveLength(1);
  });

  it("for ten minutes", async () => {
    const first = await ask("google", "g1");
    server.advance(10 * 60 - 1);
    const url = `/account?${new URLSearchParams({ page_token: first.token })}`;
    expect(textOf((await openAccount(browser, url)).html)).toContain("to the account of ada?");
    server.advance(1);
    const late = textOf((await openAccount(browser, url)).html);
    expect(late).not.toContain("to the account of");
    expect(late).toContain("You were asked more than ten minutes ago, so nothing was linked.");
    // The sign-in is as old. It leads to a new one, whose session the question is not of.
    const answer = await press(browser, first, "confirm_link");
    expect(leadsTo(answer)).toBe("/oauth/login");
    expect(await subjects()).toEqual(["password"]);
  });

  it("and links nothing with a token of the page that asked for something else", async () => {
    const fields = { method: "google", identity: "g1", label: "g1" };
    await expectNotLinked(
      await press(browser, page, "confirm_link", fields),
      "The form did not say what to link.",
      400,
    );
  });

  it("and what the form says beside the token does not count", async () => {
    const asked = await ask("google", "g1");
    await press(browser, asked, "confirm_link", { method: "github", subject: "evil", identity: "evil" });
    expect(await linked()).toEqual(["google.example g1"]);
  });

  it("and asks again who it belongs to", async () => {
    const asked = await ask("google", "grace");
    await signInWith("google", "grace");
    const html = await expectNotLinked(
      await press(browser, asked, "confirm_link"),
      "This Google account belongs to another person here.",
    );
    expect(html).toMatch(/href="https:\/\/mcp\.example\/account[^"]*"[^>]*>Back to your account/);
    expect(await audited("sign_in.refused")).toMatchObject([
      { person: "ada", method: "google", reason: "not linked: it belongs to another person" },
    ]);
  });

  it("and asks isActive again", async () => {
    let active: () => boolean = () => true;
    server = await startServer({ isActive: () => active() }, { signIn: [own, google] });
    browser = openBrowser(server);
    page = await signInToAccount(browser);
    const asked = await ask("google", "g1");
    active = () => {
      throw new Error("the directory is down");
    };
    await expectNotLinked(await press(browser, asked, "confirm_link"), "can't check right now", 503);
    active = () => false;
    await expectNotLinked(await press(browser, asked, "confirm_link"), "This account is disabled.");
    active = () => true;
    await follow(browser, await press(browser, asked, "confirm_link"));
    expect(await linked()).toEqual(["google.example g1"]);
  });

  it("and a method that the operator has taken away since links nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-linking-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const options = { database: join(folder, "people.db"), secret: SECRET };
    server = await startServer(options, { signIn: [own, google] });
    browser = openBrowser({ fetch: (request) => server.fetch(request) });
    page = await signInToAccount(browser);
    const asked = await ask("google", "g1");
    await closeServers();
    const elsewhere = redirecting("google", "Google");
    const movedTo = (issuer: string): SignInMethod => ({
      ...elsewhere,
      open: (parts) => ({ ...elsewhere.open(parts), proves: (identity) => identity.issuer === issuer }),
    });
    for (const left of [[], [movedTo("https://other.example")]]) {
      server = await startServer(options, { signIn: [own, ...left] });
      await expectNotLinked(
        await press(browser, asked, "confirm_link"),
        "The form did not say what to link.",
        400,
      );
      await closeServers();
    }
    server = await startServer(options, { signIn: [own, google] });
    await follow(browser, await press(browser, asked, "confirm_link"));
    expect(await linked()).toEqual(["google.example g1"]);
  });

  it("and a person who was disabled since links nothing", async () => {
    const asked = await ask("google", "g1");
    await server.store.disablePerson("ada", server.now(), sampleEntry("person.disabled"));
    await expectNotLinked(await press(browser, asked, "confirm_link"), "you are no longer signed in");
  });
});

describe("a link is refused, and nothing is linked,", () => {
  it("in another browser, with or without a session of its own", async () => {
    const state = await beginLink(browser, page, "google");
    const stranger = openBrowser(server);
    await expectNotLinked(
      await comeBack(stranger, "google", state, { subject: "evil" }),
      "started in another browser",
    );
    await signInToAccount(stranger, "grace", "hopper");
    await expectNotLinked(
      await comeBack(stranger, "google", state, { subject: "evil" }),
      "started in another browser",
    );
    expect(await subjects("grace")).toEqual(["password"]);
  });

  it("in the victim's browser, where the attacker began it", async () => {
    const attacker = openBrowser(server);
    const theirs = await signInToAccount(attacker, "grace", "hopper");
    const state = await beginLink(attacker, theirs, "google");
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "evil" }),
      "started in another browser",
    );
    expect(await subjects("grace")).toEqual(["password"]);
  });

  it("after signing out", async () => {
    const state = await beginLink(browser, page, "google");
    await press(browser, page, "sign_out");
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "You are no longer signed in",
    );
  });

  it("after another person signed in in the same browser: theirs are as before too", async () => {
    const state = await beginLink(browser, page, "google");
    await press(browser, page, "sign_out");
    await signInToAccount(browser, "grace", "hopper");
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "someone else is, since you began",
    );
    expect(await subjects("grace")).toEqual(["password"]);
  });

  it("in a later session of the same person, who may not be at the screen of the first", async () => {
    const state = await beginLink(browser, page, "google");
    await press(browser, page, "sign_out");
    await signInToAccount(browser);
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "You are no longer signed in",
    );
  });

  it("after half an hour", async () => {
    const state = await beginLink(browser, page, "google");
    server.advance(30 * 60);
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "This sign-in has expired.",
      400,
    );
  });

  it("with another method than the one that was clicked", async () => {
    const state = await beginLink(browser, page, "google");
    await expectNotLinked(
      await comeBack(browser, "github", state, { subject: "h1" }),
      "This page links another way to sign in.",
    );
    const typed = { state, username: "ada", password: "lovelace" };
    await expectNotLinked(
      await browser.submit("/oauth/login", typed),
      "This page links another way to sign in.",
    );
  });

  it("of a person who was disabled since", async () => {
    const state = await beginLink(browser, page, "google");
    await server.store.disablePerson("ada", server.now(), sampleEntry("person.disabled"));
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "You are no longer signed in",
    );
  });

  it("where it was cancelled: the page says so, and leads back", async () => {
    const state = await beginLink(browser, page, "google");
    const back = await comeBack(browser, "google", state, {});
    const html = await (await browser.request(back.headers.get("location") ?? "")).text();
    expect(textOf(html)).toContain("The sign-in with Google was cancelled.");
    expect(textOf(html)).toContain("Back to your account");
    expect(textOf(html)).not.toContain("Continue with GitHub");
    expect(await subjects()).toEqual(["password"]);
  });

  it("before a sign-in of the last five minutes", async () => {
    server.advance(5 * 60 + 1);
    const answer = await press(browser, page, "link", { method: "google" });
    expect(leadsTo(answer)).toBe("/oauth/login");
    expect(textOf(await (await browser.request(answer.headers.get("location") ?? "")).text())).toContain(
      "Sign in again",
    );
  });

  it.each(["", "unknown", "password"])("for the method %j, which cannot be linked", async (method) => {
    await expectNotLinked(
      await press(browser, page, "link", { method }),
      "can't be linked, or is linked already",
      400,
    );
  });

  it("for one that is linked already: each method proves one account of a person", async () => {
    await link("google", "g1");
    const answer = await press(browser, page, "link", { method: "google" });
    expect(answer.status).toBe(400);
    const state = await beginLink(browser, page, "github");
    expect(state).not.toBe("");
  });
});

describe("who may come in is asked of what is linked", () => {
  it("so an identity that could not sign in is not linked: it would be no way in", async () => {
    server = await startServer(
      {},
      {
        signIn: [own, google],
        admit: { emails: ["*@example.com"], deny: { emails: ["g2@google.example"] } },
      },
    );
    browser = openBrowser(server);
    page = await signInToAccount(browser);
    for (const subject of ["g1", "g2"]) {
      const state = await beginLink(browser, page, "google");
      await expectNotLinked(
        await comeBack(browser, "google", state, { subject }),
        "This Google account may not use this server, so it was not linked.",
      );
    }
  });

  it("and isActive of the person: no answer is 503 and changes nothing, and the same click works later", async () => {
    let active: () => boolean = () => true;
    server = await startServer({ isActive: () => active() }, { signIn: [own, google] });
    browser = openBrowser(server);
    page = await signInToAccount(browser);
    const state = await beginLink(browser, page, "google");
    active = () => {
      throw new Error("the directory is down");
    };
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "can't check right now",
      503,
    );
    active = () => false;
    await expectNotLinked(
      await comeBack(browser, "google", state, { subject: "g1" }),
      "This account is disabled.",
    );
    active = () => true;
    await confirmLink(browser, await comeBack(browser, "google", state, { subject: "g1" }));
    expect(await subjects()).toEqual(["google.example g1", "password"]);
  });
});

describe("removing", () => {
  it("ends a way to sign in: who uses it is no longer this person", async () => {
    page = await link("google", "g1");
    const after = await follow(
      browser,
      await press(browser, page, "unlink", { identity: removalOf(page, "g1@google.example") }),
    );
    expect(textOf(after.html)).toContain("You can no longer sign in this way.");
    expect(await subjects()).toEqual(["password"]);
    expect(await audited("identity.unlinked")).toMatchObject([{ person: "ada", method: "google" }]);
    const there = await signInWith("google", "g1");
    expect(textOf((await openAccount(there)).html)).not.toContain("ID ada");
  });

  it("is not offered for the only way in, nor for a password, and a form that asks for it changes nothing", async () => {
    expect(valuesOf(page, "identity")).toEqual([]);
    expect(textOf(page.html)).toContain("Your only way in");
    page = await link("google", "g1");
    expect(valuesOf(page, "identity")).toHaveLength(1);
    expect(textOf(page.html)).toContain("Can’t be removed here");
    const identity = await idOf("password");
    const answer = await press(browser, page, "unlink", { identity });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain(
      "Only the server's operator can remove this way to sign in.",
    );
    expect(await subjects()).toHaveLength(2);
  });

  it("of the only way in that works here is refused; of one whose method is gone is not", async () => {
    const there = await signInWith("github", "h1");
    const id = (
      await server.store.findByIdentity({ ...GONE, issuer: "https://github.example", subject: "h1" })
    )?.person.id;
    await addIdentity(id ?? "", GONE);
    const shown = await openAccount(there);
    const [gone] = valuesOf(shown, "identity");
    expect(valuesOf(shown, "identity")).toHaveLength(1);
    expect(textOf(shown.html)).toContain("https://gone.example");
    const works = await idOf("oidc", "https://github.example", "h1");
    const refused = await follow(there, await press(there, shown, "unlink", { identity: works }));
    expect(textOf(refused.html)).toContain("This is the last way in that works here");
    expect(await subjects(id)).toHaveLength(2);
    await follow(there, await press(there, shown, "unlink", { identity: gone ?? "" }));
    expect(await subjects(id)).toEqual(["github.example h1"]);
  });

  it("of another person's, or of none, says that it is not there, and changes nothing", async () => {
    await signInWith("google", "grace");
    page = await link("github", "h1");
    for (const identity of [await idOf("oidc", "https://google.example", "grace"), "x", ""]) {
      const after = await follow(browser, await press(browser, page, "unlink", { identity }));
      expect(textOf(after.html)).toContain("That way to sign in was removed already.");
    }
    expect(await subjects()).toHaveLength(2);
    expect(
      await server.store.findByIdentity({ ...GONE, issuer: "https://google.example", subject: "grace" }),
    ).toBeDefined();
    expect(await audited("identity.unlinked")).toEqual([]);
  });

  it("of the last two at once leaves one, also where a third one is of a method that is gone", async () => {
    for (let round = 0; round < 5; round++) {
      const there = await signInWith("github", `h${round}`);
      const at = { method: "oidc", issuer: "https://github.example", subject: `h${round}` };
      const id = (await server.store.findByIdentity(at))?.person.id ?? "";
      const state = await beginLink(there, await openAccount(there), "google");
      const shown = await confirmLink(
        there,
        await comeBack(there, "google", state, { subject: `g${round}` }),
      );
      await addIdentity(id, { ...GONE, subject: id });
      const both = [
        await idOf("oidc", "https://github.example", `h${round}`),
        await idOf("oidc", "https://google.example", `g${round}`),
      ];
      await Promise.all(both.map((identity) => press(there, shown, "unlink", { identity })));
      const left = (await subjects(id)).filter((one) => !one.startsWith("gone"));
      expect(left).toHaveLength(1);
    }
  });

  it("of two of three at once does both, though each may have counted on the other to stay", async () => {
    for (let round = 0; round < 10; round++) {
      page = await link("google", `g${round}`);
      page = await link("github", `h${round}`);
      const both = valuesOf(page, "identity");
      expect(both).toHaveLength(2);
      const answers = await Promise.all(both.map((identity) => press(browser, page, "unlink", { identity })));
      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
      expect(await subjects()).toEqual(["password"]);
    }
  });
});

describe("signing in again for a change", () => {
  it("with what proves no one, or someone else, changes nothing, makes no one, and says as whom", async () => {
    await signInWith("google", "grace");
    const people = await server.store.listPeople({ now: server.now(), limit: 10 });
    for (const subject of ["grace", "unknown"]) {
      const begun = await press(browser, page, "sign_in_again");
      const state = stateOf(begun.headers.get("location"));
      const answer = await comeBack(browser, "google", state, { subject });
      expect(answer.status).toBe(403);
      expect(textOf(await answer.text())).toContain("but this is the account page of ada.");
    }
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual(people);
    await openAccount(browser);
  });
});

describe("at a provider that keeps to the protocol", () => {
  const begin = async () => {
    const [double, network] = [await startIdentityDouble(), openNetwork()];
    const provider = oidc({
      issuer: double.issuer,
      name: "idp",
      label: "Provider",
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    });
    server = await startSignInServer([own, provider], network);
    browser = openBrowser(server);
    page = await signInToAccount(browser);
    const toProvider = async () => {
      const toStart = await press(browser, page, "link", { method: "idp" });
      const begun = await browser.request(toStart.headers.get("location") ?? "");
      return new URL(begun.headers.get("location") ?? "");
    };
    const callback = async () => signInThere({ providerUrl: await toProvider() }, network);
    return { double, network, toProvider, callback };
  };

  it("an answer links once: after a removal it does not link again", async () => {
    const { callback } = await begin();
    const url = (await callback()).href;
    const cookie = browser.cookie();
    page = await confirmLink(browser, await browser.request(url));
    expect(await subjects()).toHaveLength(2);
    const [identity = ""] = valuesOf(page, "identity");
    await follow(browser, await press(browser, page, "unlink", { identity }));
    expect((await browser.request(url)).status).toBe(400);
    expect(leadsTo(await browser.request(url, { headers: { cookie } }))).toBe(
      "/oauth/login idp wrong_answer",
    );
    expect(await subjects()).toEqual(["password"]);
  });

  it("in another browser it links nothing", async () => {
    const { callback } = await begin();
    const answer = await openBrowser(server).request((await callback()).href);
    expect(answer.status).toBe(400);
    expect(await subjects()).toEqual(["password"]);
  });

  it.each([
    ["answers with an error at the token endpoint", { "/token": 500 }, "no_answer"],
    ["has no keys to check with", { "/jwks": 500 }, "no_answer"],
  ])("that %s: nothing is linked, and the next try links", async (_what, statuses, problem) => {
    const { double, callback } = await begin();
    double.say({ statuses });
    const answer = await browser.request((await callback()).href);
    expect(leadsTo(answer)).toBe(`/oauth/login idp ${problem}`);
    const html = await (await browser.request(answer.headers.get("location") ?? "")).text();
    expect(textOf(html)).toContain("Provider did not answer.");
    expect(await subjects()).toEqual(["password"]);
    await openAccount(browser);
    double.say({ statuses: {} });
    // Keys that were not there are asked for again after a while.
    server.advance(60);
    await confirmLink(browser, await browser.request((await callback()).href));
    expect(await subjects()).toHaveLength(2);
  });
});

async function listed() {
  return server.store.listSessions("ada", server.now());
}

async function addIdentity(personId: string, identity: typeof GONE): Promise<void> {
  const entry = sampleEntry("identity.linked");
  await server.store.addIdentity({ ...identity, personId, label: "gone", now: server.now() }, entry);
}

/** How forms name an identity. */
async function idOf(method: string, issuer = "", subject = "ada"): Promise<string> {
  const { identityId } = await import("../../src/authorization-server/account/identity-id.ts");
  return identityId({ method, issuer, subject });
}
