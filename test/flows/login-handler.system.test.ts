import { describe, expect, it } from "vitest";
import { magicLink, passkeys } from "../../src/authorization-server/sign-in/index.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import type { LoginHandler } from "../../src/config/login-options.ts";
import { textOf } from "../support/account.ts";
import { FROM, linkIn, outcomeOf, pressLink } from "../support/mail/journey.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import { addPasskey, outcomeOf as outcomeOfPasskey, startWithPasskeys } from "../support/passkey-people.ts";
import { optionsIn } from "../support/passkeys.ts";
import { openBrowser } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { closeServers, PEOPLE, startServer } from "../support/server.ts";
import { addUser, beginSignIn } from "../support/users.ts";

// The other ways to sign in, where the operator's own code answers with the sign-in page.

/** A page with its own form, and a link for each other way. */
const loginHandler: LoginHandler = async (request, completeUserCheck, signInLinks) => {
  if (request.method === "GET") {
    const state = new URL(request.url).searchParams.get("state") ?? "";
    return Response.json(await signInLinks(state), { headers: { "x-page": "my page" } });
  }
  const form = new URLSearchParams(await request.text());
  const text = (name: string) => form.get(name) ?? "";
  const location = await completeUserCheck(text("state"), text("username"), text("password"));
  return new Response(null, { status: 303, headers: { location } });
};

const check = (name: string, typed: string) => (PEOPLE[name] === typed ? { id: name, name } : null);

async function start() {
  const mail = await startMailServer();
  const signIn = [
    password(check),
    redirecting("okta", "Okta"),
    magicLink({ smtp: mail.smtp, from: FROM }),
    passkeys(),
  ];
  return { mail, server: await startServer({ loginHandler }, { signIn, admit: "anyone" }) };
}

type Links = readonly { readonly name: string; readonly label: string; readonly url: string }[];

async function linksFor(server: Parameters<typeof beginSignIn>[0]) {
  const { browser, state } = await beginSignIn(server);
  const page = await browser.request(`/oauth/login?${new URLSearchParams({ state })}`);
  expect(page.headers.get("x-page")).toBe("my page");
  const links = (await page.json()) as Links;
  const open = async (name: string) => browser.request(links.find((link) => link.name === name)?.url ?? "");
  return { browser, state, links, open };
}

describe("a loginHandler's page", () => {
  it("gets a link for each other way: a provider's, and a page for what has a form", async () => {
    const { server } = await start();
    const { links, state } = await linksFor(server);
    const page = (name: string) =>
      `https://mcp.example/oauth/login?${new URLSearchParams({ state, method: name })}#top`;
    expect(links).toEqual([
      {
        name: "okta",
        label: "Okta",
        url: `https://mcp.example/oauth/okta?state=${encodeURIComponent(state)}`,
      },
      { name: "magic_link", label: "Email", url: page("magic_link") },
      { name: "passkeys", label: "a passkey", url: page("passkeys") },
    ]);
  });

  it("leads to a mail, which signs in", async () => {
    const { server, mail } = await start();
    const { browser, state, open } = await linksFor(server);
    const html = await (await open("magic_link")).text();
    expect(textOf(html)).toContain("Email me a link");
    expect(html).not.toContain('name="password"');
    expect(html).not.toContain("data-passkey");
    expect(html).toContain(">Sign in another way</a>");
    const sent = await browser.submit("/oauth/sign-in/magic_link", { state, email: "ada@example.com" });
    expect(outcomeOf(sent)).toBe("/oauth/sign-in/magic_link/code");
    const signedIn = await pressLink(browser, linkIn(mail.mails.at(-1)?.text ?? ""));
    expect(outcomeOf(signedIn)).toBe("/oauth/consent");
  });

  it("leads to a passkey, which signs in; what is wrong with one is said on its page", async () => {
    const server = await startWithPasskeys({ loginHandler });
    const { authenticator } = await addPasskey(server);
    const { browser, state, open } = await linksFor(server);
    const page = await open("passkeys");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'sha256-");
    const asked = optionsIn(await page.text());
    const post = (passkey: string) => browser.submit("/oauth/passkeys", { state, passkey });
    const refused = await post(authenticator.get(asked, { userVerified: false }));
    expect(outcomeOfPasskey(refused)).toBe("wrong_answer");
    const again = textOf(await (await browser.request(refused.headers.get("location") ?? "")).text());
    expect(again).toContain("The sign-in with a passkey did not work. Try again.");
    expect(again).toContain("Sign in with a passkey");
    expect(outcomeOfPasskey(await post(authenticator.get(asked)))).toBe("303 /oauth/consent");
  });

  it("leads to a provider; that it was cancelled there is said on a page with a way to try again", async () => {
    const { server } = await start();
    const { browser, state, open } = await linksFor(server);
    expect(new URL((await open("okta")).headers.get("location") ?? "").origin).toBe("https://okta.example");
    const cancelled = await comeBack(browser, "okta", state, {});
    const html = await (await browser.request(cancelled.headers.get("location") ?? "")).text();
    expect(textOf(html)).toContain("The sign-in with Okta was cancelled.");
    expect(textOf(html)).toContain("Continue with Okta Sign in another way");
    expect(outcomeOf(await comeBack(browser, "okta", state, { subject: "ada" }))).toBe("/oauth/consent");
  });

  it("is there for every other value of method", async () => {
    const { server } = await start();
    const { browser, state } = await linksFor(server);
    for (const method of ["", "password", "github", "magic_link2"]) {
      const page = await browser.request(`/oauth/login?${new URLSearchParams({ state, method })}`);
      expect(page.headers.get("x-page"), method).toBe("my page");
    }
  });

  it("and each of the others, need the browser that began", async () => {
    const { server } = await start();
    const { links } = await linksFor(server);
    for (const { url, name } of links) {
      expect((await openBrowser(server).request(url)).status, name).toBe(403);
    }
  });

  it("may link to where a new password is asked for", async () => {
    const mail = await startMailServer();
    const signIn = [users(), magicLink({ smtp: mail.smtp, from: FROM })];
    const server = await startServer({ loginHandler }, { signIn, admit: "anyone" });
    await addUser(server, "ada", undefined, { emails: ["ada@example.com"] });
    const { browser, state } = await linksFor(server);
    const path = `/oauth/forgotten-password?${new URLSearchParams({ state })}`;
    expect((await browser.request(path)).status).toBe(200);
    await browser.submit("/oauth/forgotten-password", { state, email: "ada@example.com" });
    expect(mail.mails.at(-1)?.text).toContain("token=");
  });
});

it("a loginHandler without a way to sign in with a username stops the start", async () => {
  const started = startServer({ loginHandler }, { signIn: [redirecting("okta", "Okta")] });
  await expect(started).rejects.toThrow(
    /^loginHandler would do nothing: .* Add users\(\) or password\(checkUser\), or leave loginHandler out\.$/,
  );
  await closeServers();
});
