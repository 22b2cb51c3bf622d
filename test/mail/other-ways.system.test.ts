import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { magicLink, passkeys } from "../../src/authorization-server/sign-in/index.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import { type AccountPage, confirmLink, follow, press } from "../support/account.ts";
import { askForMail, FROM, linkIn, outcomeOf, pressLink } from "../support/mail/journey.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import { atSignIn, PASSKEY_ADD } from "../support/passkey-people.ts";
import { createAuthenticator, optionsIn } from "../support/passkeys.ts";
import { type Browser, openBrowser, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { closeServers, startServer, type TestServer } from "../support/server.ts";

const ADDRESS = "ada@home.example";
const folder = mkdtempSync(join(tmpdir(), "gatehouse-other-ways-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function throughOkta(server: TestServer, browser = openBrowser(server)): Promise<Response> {
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  return comeBack(browser, "okta", state, { subject: "ada" });
}

/** Ada signs in through a provider, and adds a mail address and a passkey; then the server starts again with other rules. */
async function restarted(
  name: string,
  admit: AdmitOption,
  methods: "the same" | "another provider" = "the same",
) {
  const mail = await startMailServer();
  const options = {
    database: join(folder, `${name}.db`),
    secret: "a-secret-of-at-least-thirty-two-characters-1",
  };
  const okta = redirecting("okta", "Okta", { groups: ["contractors"], claims: { active: false } });
  const others = [magicLink({ smtp: mail.smtp, from: FROM }), passkeys()];
  const first = await startServer(options, { admit: "anyone", signIn: [okta, ...others] });
  const browser = openBrowser(first);
  const page = await follow(browser, await throughOkta(first, browser));
  const key = createAuthenticator({ counts: false });
  const added = await press(browser, page, PASSKEY_ADD, { passkey: key.create(optionsIn(page.html)) });
  await linkAddress(browser, await follow(browser, added), () => linkIn(mail.mails.at(-1)?.text ?? ""));
  await closeServers();
  const server = await startServer(options, {
    admit,
    signIn: methods === "the same" ? [okta, ...others] : [redirecting("entra", "Entra"), ...others],
  });
  return {
    server,
    byMail: async () => {
      const { browser, link } = await askForMail({ server, mail }, ADDRESS);
      return pressLink(browser, link);
    },
    byPasskey: async () => {
      const browser = openBrowser(server);
      const { post, options } = await atSignIn(browser, await browser.request("/account"));
      return post(key.get(options));
    },
    groups: async () =>
      (await server.store.findByIdentity({ method: "magic_link", issuer: "", subject: ADDRESS }))?.groups,
  };
}

async function linkAddress(browser: Browser, page: AccountPage, link: () => string): Promise<void> {
  const toForm = await press(browser, page, "link", { method: "magic_link" });
  const state = stateOf(toForm.headers.get("location"));
  await browser.submit("/oauth/sign-in/magic_link", { state, email: ADDRESS });
  await confirmLink(browser, await pressLink(browser, link()));
}

describe("a mail of a person who has other ways in", () => {
  it.each<[string, AdmitOption]>([
    ["a group", { anyone: true, deny: { groups: ["contractors"] } }],
    ["a claim", { anyone: true, deny: { claims: { active: false } } }],
    ["another address of theirs", { anyone: true, deny: { emails: ["ada@okta.example"] } }],
  ])("does not go around what denies them: %s", async (name, admit) => {
    const { server, byMail, byPasskey, groups } = await restarted(name.replaceAll(" ", "-"), admit);
    expect((await throughOkta(server)).status).toBe(403);
    expect((await byPasskey()).status).toBe(403);
    expect((await byMail()).status).toBe(403);
    expect((await byPasskey()).status).toBe(403);
    expect(await groups()).toEqual(["contractors"]);
  });

  it.each(["the same", "another provider"] as const)(
    "lets in whom nothing denies, and leaves the groups, with methods %s",
    async (methods) => {
      const rules: AdmitOption = { anyone: true, deny: { groups: ["interns"] } };
      const { byMail, groups } = await restarted(`admitted-${methods.length}`, rules, methods);
      expect(outcomeOf(await byMail())).toBe("/oauth/consent");
      expect(await groups()).toEqual(["contractors"]);
    },
  );

  it("does not get around a denied group where the provider is no method any more", async () => {
    const rules: AdmitOption = { anyone: true, deny: { groups: ["contractors"] } };
    const { byMail, byPasskey } = await restarted("gone", rules, "another provider");
    expect([(await byMail()).status, (await byPasskey()).status]).toEqual([403, 403]);
  });
});
