import { TOTP } from "otpauth";
import { password as passwordMethod } from "../../../src/authorization-server/sign-in/password/password.ts";
import { totp } from "../../../src/authorization-server/sign-in/totp/totp.ts";
import type { TotpOptions } from "../../../src/config/sign-in/totp-options.ts";
import { type AccountPage, follow, openAccount, press } from "../account.ts";
import { type Browser, openBrowser, signIn, stateOf } from "../person.ts";
import { startServer, type TestServer } from "../server.ts";
import { sampleEntry } from "../store/samples.ts";
import { askFor } from "./asking.ts";

export const TOTP_PATH = "/oauth/totp";
export const LOVELACE = "lovelace";

/** An authenticator app with one account. @param key as the page shows it */
export function authenticator(key: string, server: Pick<TestServer, "now">) {
  const app = new TOTP({ secret: key.replaceAll(" ", ""), algorithm: "SHA1", digits: 6, period: 30 });
  return {
    /** The code that it shows so many steps from now. */
    code: (steps = 0) => app.generate({ timestamp: server.now() + steps * 30_000 }),
    /** One of no step around now. */
    wrong: () => {
      const right = [-1, 0, 1].map((steps) => app.generate({ timestamp: server.now() + steps * 30_000 }));
      return ["000000", "111111", "222222", "333333"].find((code) => !right.includes(code)) ?? "";
    },
  };
}
export type Authenticator = ReturnType<typeof authenticator>;

/** People with passwords, and authenticator apps after them. */
export function startTotpServer(
  required: TotpOptions["required"] = "all",
  { publicUrl = "https://mcp.example", ...options }: Parameters<typeof startServer>[0] = {},
  more: Parameters<typeof startServer>[1] = {},
): Promise<TestServer> {
  const people = passwordMethod((name, typed) =>
    typed === LOVELACE ? { id: name, name: `${name} of the test` } : null,
  );
  return startServer({ publicUrl, ...options }, { signIn: [people, totp({ required })], ...more });
}

/** From an authorization request through the password. */
export async function withPassword(server: TestServer, browser = browserOf(server), username = "ada") {
  const asking = await askFor(server);
  const { location, state } = await signIn(browser, asking.url, username);
  return { ...asking, browser, location, state, html: await pageAt(browser, location) };
}

export function browserOf(server: TestServer): Browser {
  return openBrowser(server, new URL(server.settings.issuer).origin);
}

async function pageAt(browser: Browser, location: string): Promise<string> {
  return (await browser.request(location)).text();
}

export const typeCode = (browser: Browser, state: string, code: string) =>
  browser.submit(TOTP_PATH, { state, code });

export const typeRecoveryCode = (browser: Browser, state: string, recovery_code: string) =>
  browser.submit(TOTP_PATH, { state, recovery_code });

/** What a page that sets an app up shows. */
export function setupIn(html: string): { readonly setup: string; readonly key: string } {
  const [, setup = ""] = /name="setup" value="([^"]+)"/.exec(html) ?? [];
  const [, key = ""] = /<code class="whole">([^<]+)<\/code>/.exec(html) ?? [];
  return { setup, key };
}

export function recoveryCodesIn(html: string): readonly string[] {
  return html.match(/\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b/g) ?? [];
}

/** Signs in with a password, and sets an app up on the way: where that leads, and what the person keeps. */
export async function setUpAtSignIn(server: TestServer, username = "ada", browser = browserOf(server)) {
  const at = await withPassword(server, browser, username);
  const { setup, key } = setupIn(at.html);
  const app = authenticator(key, server);
  const answer = await browser.submit(TOTP_PATH, { state: at.state, setup, code: app.code() });
  const html = await answer.text();
  const [, next = ""] = /<a class="button" href="([^"]+)"/.exec(html) ?? [];
  return {
    ...at,
    app,
    key,
    html,
    answer,
    recoveryCodes: recoveryCodesIn(html),
    next: next.replaceAll("&amp;", "&"),
  };
}

/** Sets an app up on the account page: the app, the setup that the page was given, and what the last step answers. */
export async function setUpAtAccount(
  server: Pick<TestServer, "now">,
  browser: Browser,
  page: Pick<AccountPage, "token">,
) {
  const { setup, key } = setupIn(await (await press(browser, page, "totp.set_up")).text());
  const app = authenticator(key, server);
  const answer = await press(browser, page, "totp.confirm", { setup, code: app.code() });
  return { app, setup, answer };
}

/** As `gatehouse person reset-factor` does it. */
export async function resetFactor(
  { store, now }: Pick<TestServer, "store" | "now">,
  person = "ada",
): Promise<void> {
  const removed = { personId: person, kind: "totp", also: ["recovery_code"], now: now() } as const;
  const entry = sampleEntry("credential.removed", { fields: { person, kind: "totp" } });
  if (!(await store.removeCredentials(removed, entry))) throw new Error(`${person} had no app to reset`);
}

/** The account page, after a password and a code. */
export async function accountWithCode(
  server: TestServer,
  app: Authenticator,
  browser = browserOf(server),
  username = "ada",
): Promise<AccountPage> {
  const begun = await browser.request("/account");
  return passTo(browser, stateOf(begun.headers.get("location")), app, username);
}

/** A new sign-in for the account page. */
export async function againWithCode(
  browser: Browser,
  page: AccountPage,
  app: Authenticator,
): Promise<AccountPage> {
  const begun = await press(browser, page, "sign_in_again");
  return passTo(browser, stateOf(begun.headers.get("location")), app, "ada");
}

/** The account page, from the sign-in page: a password, and a code. */
export async function passTo(
  browser: Browser,
  state: string,
  app: Authenticator,
  username: string,
  password = LOVELACE,
): Promise<AccountPage> {
  const toCode = await browser.submit("/oauth/login", { state, username, password });
  const pending = stateOf(toCode.headers.get("location"));
  return follow(browser, await typeCode(browser, pending, app.code()));
}

/** The account page after a password alone, where no more is asked. */
export async function accountWithPassword(browser: Browser, username = "ada"): Promise<AccountPage> {
  const begun = await browser.request("/account");
  const state = stateOf(begun.headers.get("location"));
  const answer = await browser.submit("/oauth/login", { state, username, password: LOVELACE });
  return openAccount(browser, answer.headers.get("location") ?? "");
}
