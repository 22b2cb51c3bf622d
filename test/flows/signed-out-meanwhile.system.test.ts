import { describe, expect, it } from "vitest";
import { oidc, password, users } from "../../src/authorization-server/sign-in/index.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import type { LoginHandler } from "../../src/config/settings.ts";
import { follow, press, signInToAccount } from "../support/account.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { atLogin } from "../support/login.ts";
import { type Browser, decide, openBrowser, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { atOwnHost, goToProvider, signInThere, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { addUser, PASSWORD } from "../support/users.ts";

const NEW = "brand new secret phrase";

/** Holds a sign-in up after its proof, as a slow hash or database would. */
function gate() {
  let arrive = () => {};
  let open = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const pass = async () => {
    arrive();
    await opened;
    return true;
  };
  return { pass, arrived, open };
}

async function startGated(signIn: readonly SignInMethod[], options = {}) {
  const held = gate();
  let isHolding = false;
  const admit = { anyone: true, check: async () => (isHolding ? held.pass() : true) } as const;
  const server = await startServer(options, { signIn: [...signIn], admit });
  return {
    server,
    /** While `signIn` is on its way and has been asked for, `meanwhile` happens. */
    async during(signIn: () => Promise<Response>, meanwhile: () => Promise<unknown>) {
      isHolding = true;
      const answer = signIn();
      await held.arrived;
      isHolding = false;
      server.advance(1);
      await meanwhile();
      server.advance(1);
      held.open();
      return answer;
    },
  };
}

async function expectOutdated(server: TestServer, answer: Response, person: string): Promise<void> {
  expect(answer.headers.get("location") ?? "").not.toContain("/account");
  expect(answer.headers.get("location") ?? "").not.toContain("/oauth/consent");
  expect(await server.store.listSessions(person, server.now())).toEqual([]);
  const refused = server.lines.findLast(({ name }) => name === "sign_in.refused");
  expect(refused?.fields).toMatchObject({ person, reason: "signed out since it was asked for" });
}

const signOut = (server: TestServer, id: string) =>
  server.store.signOutPerson(id, server.now(), sampleEntry("person.signed_out", { fields: { person: id } }));

describe("a sign-in that was asked for before the person was signed out does not count", () => {
  const check = (id: string, typed: string) => (typed === "x" ? { id } : null);

  it("at the built-in page", async () => {
    const { server, during } = await startGated([password(check)]);
    await signInToAccount(openBrowser(server), "ada", "x");
    const { browser, state } = await atLogin(server);
    const post = () => browser.submit("/oauth/login", { state, username: "ada", password: "x" });
    const answer = await during(post, () => signOut(server, "ada"));
    await expectOutdated(server, answer, "ada");
    const again = await atLogin(server);
    expect(
      (await again.browser.submit("/oauth/login", { state: again.state, username: "ada", password: "x" }))
        .status,
    ).toBe(303);
  });

  it("through the operator's own page", async () => {
    const loginHandler: LoginHandler = async (request, completeUserCheck) => {
      if (request.method === "GET") return new Response("own page");
      const form = new URLSearchParams(await request.text());
      try {
        return Response.redirect(await completeUserCheck(form.get("state") ?? "", "ada", "x"), 303);
      } catch (error) {
        return new Response((error as Error).message, { status: 403 });
      }
    };
    const { server, during } = await startGated([password(check)], { loginHandler });
    const before = await atLogin(server);
    await before.browser.submit("/oauth/login", { state: before.state });
    const { browser, state } = await atLogin(server);
    const answer = await during(
      () => browser.submit("/oauth/login", { state }),
      () => signOut(server, "ada"),
    );
    expect(await answer.text()).toBe("You were signed out while you signed in. Sign in again.");
    await expectOutdated(server, answer, "ada");
  });

  it("at a provider", async () => {
    const network = openNetwork();
    const provider = await startIdentityDouble();
    const method = oidc({
      issuer: provider.issuer,
      members: true,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      personId: () => "ada",
    });
    const held = gate();
    let isHolding = false;
    const admit = { check: async () => (isHolding ? held.pass() : true) };
    const server = await startSignInServer([method], network, {}, admit);
    const first = await goToProvider(server, "oidc");
    await first.browser.request((await signInThere(first, network)).href);
    const there = await goToProvider(server, "oidc");
    const callback = await signInThere(there, network);
    isHolding = true;
    const answer = there.browser.request(callback.href);
    await held.arrived;
    server.advance(1);
    await signOut(server, "ada");
    server.advance(1);
    held.open();
    await expectOutdated(server, await answer, "ada");
  });
});

type SetPassword = (server: TestServer, id: string, owner: Browser) => Promise<void>;

describe("a new password ends what the old one was used for", () => {
  const ways: Record<"one-time link" | "the account page" | "the operator's command", SetPassword> = {
    async "one-time link"(server, id) {
      const { url, link } = newLink(
        { purpose: "password", personId: id },
        server.settings.issuer,
        server.now() - 1,
      );
      await server.store.addLink(link, sampleEntry("person.invited", { fields: { person: id } }));
      const token = new URL(url).searchParams.get("token") ?? "";
      const owner = openBrowser(server, server.settings.issuer);
      const answer = await owner.submit("/oauth/invitation", { token, password: NEW, again: NEW });
      expect(answer.status).toBe(200);
    },
    async "the account page"(server, _id, owner) {
      const page = await signInToAccount(owner, "ada", PASSWORD);
      server.advance(1);
      const passwords = { current_password: PASSWORD, new_password: NEW, repeated_password: NEW };
      expect((await press(owner, page, "users.change_password", passwords)).status).toBe(303);
    },
    async "the operator's command"(server, id) {
      const credential = {
        personId: id,
        kind: "password",
        id: "",
        counter: null,
        secret: "$2b$12$x",
        usedAt: null,
      } as const;
      const entry = sampleEntry("credential.changed", { fields: { person: id } });
      await server.store.saveCredential({ ...credential, createdAt: server.now() }, entry);
    },
  };

  describe.each(Object.entries(ways))("by %s", (_way, setPassword) => {
    it.each(["http://localhost:3000", "https://mcp.example"])(
      "a consent page that is open at %s approves nothing",
      async (publicUrl) => {
        const server = await startServer({ publicUrl }, { signIn: [users()] });
        const id = await addUser(server, "ada");
        const { client_id: clientId } = await register(atOwnHost(server));
        const thief = openBrowser(server, publicUrl);
        const url = new URL(
          authorizeUrl(clientId, newPkce().challenge, { resource: server.settings.resource }),
        );
        const toLogin = await thief.request(url.pathname + url.search);
        const pair = { username: "ada", password: PASSWORD };
        const toConsent = await thief.submit("/oauth/login", {
          state: stateOf(toLogin.headers.get("location")),
          ...pair,
        });
        const state = stateOf(toConsent.headers.get("location"));
        server.advance(1);
        await setPassword(server, id, openBrowser(server, publicUrl));
        server.advance(60);
        const answer = await decide(thief, state, "approve", ["mcp"]);
        expect(answer.headers.get("location") ?? "").not.toContain("code=");
        expect(await server.store.listGrants({ personId: id })).toEqual([]);
      },
    );
  });

  it("and the session in which it was changed still approves", async () => {
    const server = await startServer({}, { signIn: [users()] });
    const id = await addUser(server, "ada");
    const owner = openBrowser(server);
    await ways["the account page"](server, id, owner);
    server.advance(1);
    const { client_id: clientId } = await register(server);
    const toConsent = await owner.request(authorizeUrl(clientId, newPkce().challenge));
    const answer = await decide(owner, stateOf(toConsent.headers.get("location")), "approve", ["mcp"]);
    expect(answer.headers.get("location")).toContain("code=");
  });

  it("a sign-in with the old one that is still being checked signs no one in", async () => {
    const server = await startServer({}, { signIn: [users()] });
    const id = await addUser(server, "ada");
    const { browser, state } = await atLogin(server);
    // The check of a password takes many milliseconds: the new one is saved before it ends.
    const posted = browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    await ways["the operator's command"](server, id, browser);
    expect((await posted).headers.get("location") ?? "").not.toContain("/oauth/consent");
    expect(await server.store.listSessions(id, server.now())).toEqual([]);
  });
});

describe("a consent page that was opened before, on a loopback issuer, approves nothing once the person", () => {
  const ends: Record<string, (server: TestServer, id: string, owner: Browser) => Promise<void>> = {
    async "signed out everywhere else"(_server, _id, owner) {
      const page = await signInToAccount(owner, "ada", PASSWORD);
      await follow(owner, await press(owner, page, "sign_out_elsewhere"));
    },
    async "was disabled, and enabled again"({ store, now }, id) {
      await store.disablePerson(id, now(), sampleEntry("person.disabled", { fields: { person: id } }));
      await store.enablePerson(id, sampleEntry("person.enabled", { fields: { person: id } }));
    },
  };

  it.each(Object.entries(ends))("%s", async (_what, end) => {
    const publicUrl = "http://localhost:3000";
    const server = await startServer({ publicUrl }, { signIn: [users()] });
    const id = await addUser(server, "ada");
    const { client_id: clientId } = await register(atOwnHost(server));
    const thief = openBrowser(server, publicUrl);
    const { resource } = server.settings;
    const { pathname, search } = new URL(authorizeUrl(clientId, newPkce().challenge, { resource }));
    const state = stateOf((await thief.request(pathname + search)).headers.get("location"));
    const toConsent = await thief.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    server.advance(1);
    await end(server, id, openBrowser(server, publicUrl));
    server.advance(60);
    const sealed = stateOf(toConsent.headers.get("location"));
    const answer = await decide(thief, sealed, "approve", ["mcp"]);
    expect(answer.headers.get("location") ?? "").not.toContain("code=");
    expect(await server.store.listGrants({ personId: id })).toEqual([]);
  });
});
