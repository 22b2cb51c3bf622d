import { afterEach, describe, expect, it } from "vitest";
import { users } from "../../src/authorization-server/sign-in/index.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { PASSKEY_SCRIPT_HASH } from "../../src/pages/passkey-script.ts";
import { follow, openAccount, press, textOf } from "../support/account.ts";
import { openSignIn, outcomeOf, PASSKEY_REMOVE, startWithPasskeys } from "../support/passkey-people.ts";
import { createAuthenticator, optionsIn } from "../support/passkeys.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { closeServers, type TestServer } from "../support/server.ts";
import { addUser } from "../support/users.ts";

afterEach(closeServers);

const start = () => startWithPasskeys({}, { signIn: [users()] });

/** A link that was sent to somebody, opened in their browser. */
async function openLink(
  server: TestServer,
  made: { readonly purpose: "invitation" | "password"; readonly personId: string | null },
) {
  const { link, url } = newLink(made, server.settings.issuer, server.now());
  await server.store.addLink(link, {
    event: "person.invited",
    at: server.now(),
    fields: { purpose: made.purpose, address: "command line", operator: "root" },
  });
  const token = new URL(url).searchParams.get("token") ?? "";
  const browser = openBrowser(server);
  const page = await browser.request(url);
  const html = await page.text();
  const post = (fields: Readonly<Record<string, string>>) =>
    browser.submit("/oauth/invitation", { token, ...fields });
  return { browser, page, html, post };
}

const OPEN = { purpose: "invitation", personId: null } as const;

describe("an invited person", () => {
  it("may choose a passkey in place of a password, and signs in with it", async () => {
    const server = await start();
    const { html, page, post } = await openLink(server, OPEN);
    expect(page.headers.get("content-security-policy")).toContain(`script-src ${PASSKEY_SCRIPT_HASH};`);
    const authenticator = createAuthenticator();
    const saved = await post({
      username: "Ada",
      passkey: authenticator.create(optionsIn(html)),
      password: "",
      again: "",
    });
    expect(saved.status).toBe(200);
    expect(textOf(await saved.text())).toContain(
      "Your passkey is saved Your username is Ada".replace("Ada", "ada"),
    );
    const { post: signIn, options } = await openSignIn(server);
    expect(outcomeOf(await signIn(authenticator.get(options)))).toBe("303 /oauth/consent");
    const [person] = await server.store.listPeople({ now: server.now(), limit: 2 });
    expect(person).toMatchObject({ person: { name: "Ada" }, methods: ["passkeys", "users"] });
    expect(await server.store.findCredential(person?.person.id ?? "", "password")).toBeUndefined();
    expect((await post({ username: "eve", passkey: authenticator.create(optionsIn(html)) })).status).toBe(
      410,
    );
  });

  it("whom the operator named gets the passkey, once, and the link ends", async () => {
    const server = await start();
    const id = await addUser(server, "ada", undefined);
    const { html, post } = await openLink(server, { purpose: "invitation", personId: id });
    expect(optionsIn(html).user?.name).toBe("ada");
    const passkeys = [createAuthenticator(), createAuthenticator()].map((one) => one.create(optionsIn(html)));
    const answers = await Promise.all(passkeys.map((passkey) => post({ passkey })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect((await server.store.listCredentials(id)).filter(({ kind }) => kind === "passkey")).toHaveLength(1);
  });

  it("is told what is wrong, and the link stays", async () => {
    const server = await start();
    await addUser(server, "ada");
    const { html, post } = await openLink(server, OPEN);
    const other = await openLink(server, OPEN);
    const authenticator = createAuthenticator();
    const elsewhere = await post({ username: "eve", passkey: authenticator.create(optionsIn(other.html)) });
    expect(elsewhere.status).toBe(400);
    expect(textOf(await elsewhere.text())).toContain("The passkey could not be saved.");
    const unverified = authenticator.create(optionsIn(html), { userVerified: false });
    expect((await post({ username: "eve", passkey: unverified })).status).toBe(400);
    const passkey = authenticator.create(optionsIn(html));
    expect(textOf(await (await post({ username: "ADA", passkey })).text())).toContain(
      "This username is taken.",
    );
    expect((await post({ username: "", passkey })).status).toBe(400);
    expect(await server.store.listPeople({ now: server.now(), limit: 5 })).toHaveLength(1);
    expect((await post({ username: "eve", passkey })).status).toBe(200);
  });

  it("gets no one else's passkey by its id", async () => {
    const server = await start();
    const first = await openLink(server, OPEN);
    const authenticator = createAuthenticator();
    await first.post({ username: "ada", passkey: authenticator.create(optionsIn(first.html)) });
    const next = await openLink(server, OPEN);
    const passkey = createAuthenticator().create(optionsIn(next.html), { id: authenticator.id });
    expect((await next.post({ username: "eve", passkey })).status).not.toBe(200);
    expect(await server.store.listPeople({ now: server.now(), limit: 5 })).toHaveLength(1);
  });

  it("who forgot a password gets a new password, and nothing else", async () => {
    const server = await start();
    const id = await addUser(server, "ada");
    const { html, post } = await openLink(server, { purpose: "password", personId: id });
    expect(html).not.toContain("data-passkey");
    const { html: invited } = await openLink(server, OPEN);
    await post({ passkey: createAuthenticator().create(optionsIn(invited)) });
    expect((await server.store.listCredentials(id)).map(({ kind }) => kind)).toEqual(["password"]);
  });

  it("cannot remove the passkey that is their only way in: a username without a password is none", async () => {
    const server = await start();
    const { html, post } = await openLink(server, OPEN);
    const authenticator = createAuthenticator();
    await post({ username: "ada", passkey: authenticator.create(optionsIn(html)) });
    const browser = openBrowser(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const login = await (await browser.request(`/oauth/login?state=${encodeURIComponent(state)}`)).text();
    const signedIn = await browser.submit("/oauth/passkeys", {
      state,
      passkey: authenticator.get(optionsIn(login)),
    });
    const page = await openAccount(browser, signedIn.headers.get("location") ?? "");
    expect(textOf(page.html)).toMatch(/Password ada Since .* Not used yet\. Not set up Passkeys/);
    expect(textOf(page.html)).toContain("Your only way in");
    expect(page.html).not.toContain("users.change_password");
    const credential = authenticator.id;
    const after = await follow(browser, await press(browser, page, PASSKEY_REMOVE, { credential }));
    expect(textOf(after.html)).toContain("This passkey is the last way in that works here");
    const { post: signIn, options } = await openSignIn(server);
    expect(outcomeOf(await signIn(authenticator.get(options)))).toBe("303 /oauth/consent");
  });
});
