import { github, magicLink, passkeys, totp, users } from "../../src/authorization-server/sign-in/index.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { type AccountPage, confirmLink, follow, press, signInToAccount, valuesOf } from "./account.ts";
import { keepingMails, provokeMail } from "./mail/provoke-mail.ts";
import { createAuthenticator, optionsIn } from "./passkeys.ts";
import { type Browser, openBrowser, stateOf } from "./person.ts";
import { comeBack, redirecting } from "./redirecting-method.ts";
import { startServer, type TestServer } from "./server.ts";
import { authenticator, setupIn, typeCode } from "./sign-in/authenticator.ts";

/** Everything that happens to people without a client: an invitation, the account page, and sign-ins that come to nothing. */
export async function provokePeople(): Promise<TestServer> {
  const secret = { clientId: "gatehouse", clientSecret: "a secret of GitHub's" };
  const { mails, send } = keepingMails();
  const server = await startServer(
    {},
    {
      signIn: [
        users(),
        passkeys(),
        redirecting("okta", "Okta"),
        github(secret),
        magicLink({ send, from: "no-reply@okta.example" }),
        totp({ required: "choice" }),
      ],
      admit: { emails: ["*@okta.example"], deny: { emails: ["mallory@okta.example"] } },
    },
  );
  const browser = openBrowser({ fetch: (request) => server.fetch(request, { address: "203.0.113.7" }) });

  const made = newLink({ purpose: "invitation", personId: null }, server.settings.issuer, server.now());
  await server.store.addLink(made.link, {
    event: "person.invited",
    at: server.now(),
    fields: { purpose: "invitation", address: "command line", operator: "root" },
  });
  const token = new URL(made.url).searchParams.get("token") ?? "";
  const [first, second] = ["seven blue herons", "eight grey herons"];
  await browser.submit("/oauth/invitation", { token, username: "ada", password: first, again: first });

  let page = await signInToAccount(browser, "ada", first);
  const passwords = { current_password: first, new_password: second, repeated_password: second };
  page = await follow(browser, await press(browser, page, "users.change_password", passwords));
  const toLink = await press(browser, page, "link", { method: "okta" });
  const begun = await browser.request(toLink.headers.get("location") ?? "");
  const linked = await comeBack(browser, "okta", stateOf(begun.headers.get("location")), { subject: "ada" });
  page = await confirmLink(browser, linked);
  const [identity = ""] = valuesOf(page, "identity");
  page = await follow(browser, await press(browser, page, "unlink", { identity }));
  // A sign-in of the same moment as the new password would not count.
  server.advance(1);
  page = await provokePasskeys(browser, page);

  const { setup, key } = setupIn(await (await press(browser, page, "totp.set_up")).text());
  const app = authenticator(key, server);
  await press(browser, page, "totp.confirm", { setup, code: app.code() });
  const other = openBrowser({ fetch: (request) => server.fetch(request, { address: "203.0.113.7" }) });
  const asked = stateOf((await other.request("/account")).headers.get("location"));
  const toCode = await other.submit("/oauth/login", { state: asked, username: "ada", password: second });
  await typeCode(other, stateOf(toCode.headers.get("location")), app.wrong());
  await press(browser, page, "totp.turn_off");
  await press(browser, page, "sign_out");

  await provokeMail(openBrowser(server), mails, "okta.example");

  const state = stateOf((await browser.request("/account")).headers.get("location"));
  await comeBack(browser, "okta", state, { subject: "mallory" });
  await browser.request("/oauth/callback/github?code=of+another+browser&state=unknown");
  return server;
}

/** A passkey that is added, that signs in, whose copy is refused, and that is removed. */
async function provokePasskeys(browser: Browser, page: AccountPage): Promise<AccountPage> {
  const authenticator = createAuthenticator();
  const passkey = authenticator.create(optionsIn(page.html));
  const added = await follow(browser, await press(browser, page, "passkeys.add", { passkey }));
  const toSignIn = await press(browser, added, "sign_in_again");
  const location = toSignIn.headers.get("location");
  const options = optionsIn(await (await browser.request(location ?? "")).text());
  const use = (counter: number) =>
    browser.submit("/oauth/passkeys", {
      state: stateOf(location),
      passkey: authenticator.get(options, { counter }),
    });
  const signedIn = await follow(browser, await use(1));
  await use(1);
  const credential = authenticator.id;
  return follow(browser, await press(browser, signedIn, "passkeys.remove", { credential }));
}
