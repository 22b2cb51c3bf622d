import { passkeys } from "../../src/authorization-server/sign-in/passkeys/passkeys.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import type { SignInPart } from "../../src/authorization-server/sign-in/second-factor.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { type AccountPage, follow, press, signInToAccount } from "./account.ts";
import { authorizeUrl, newPkce, register } from "./client.ts";
import { type Authenticator, createAuthenticator, optionsIn, type Said } from "./passkeys.ts";
import { type Browser, openBrowser, stateOf } from "./person.ts";
import { PEOPLE, startServer, type TestServer, type TestServerParts } from "./server.ts";

const checkPeople = (username: string, typed: string) =>
  PEOPLE[username] === typed ? { id: username, name: `${username} of the test` } : null;

/** A server with passkeys beside a password that is checked at once. */
export function startWithPasskeys(
  options: OAuthServerOptions = {},
  { signIn = [password(checkPeople)], ...parts }: TestServerParts = {},
): Promise<TestServer> {
  return startServer(options, { signIn: [...(signIn as readonly SignInPart[]), passkeys()], ...parts });
}

/** A person who has added a passkey on their account page. */
export async function addPasskey(
  server: TestServer,
  { username = "ada", name = "Laptop", counts = true, said = {} as Said } = {},
): Promise<{ readonly browser: Browser; readonly page: AccountPage; readonly authenticator: Authenticator }> {
  const browser = openBrowser(server);
  const authenticator = createAuthenticator({ counts });
  const signedIn = await signInToAccount(browser, username, PEOPLE[username]);
  const passkey = authenticator.create(optionsIn(signedIn.html), said);
  const page = await follow(browser, await press(browser, signedIn, PASSKEY_ADD, { passkey, name }));
  return { browser, page, authenticator };
}

export const PASSKEY_ADD = "passkeys.add";
export const PASSKEY_REMOVE = "passkeys.remove";

/** The sign-in page for a client, in a browser. */
export async function openSignIn(server: TestServer, browser = openBrowser(server)) {
  const { client_id: clientId } = await register(server);
  const asked = await browser.request(authorizeUrl(clientId, newPkce().challenge, { prompt: "login" }));
  return atSignIn(browser, asked);
}

/** The sign-in page to which an answer leads. */
export async function atSignIn(browser: Browser, toSignIn: Response) {
  const location = toSignIn.headers.get("location");
  const state = stateOf(location);
  const html = await (await browser.request(location ?? "")).text();
  return {
    browser,
    state,
    html,
    options: optionsIn(html),
    post: (passkey: string, more: Readonly<Record<string, string>> = {}) =>
      browser.submit("/oauth/passkeys", { state, passkey, ...more }),
  };
}

/** Where an answer to a sign-in leads: on, or back to the sign-in page with a problem. */
export function outcomeOf(answer: Response): string {
  const location = new URL(answer.headers.get("location") ?? "", "https://mcp.example");
  return location.searchParams.get("problem") ?? `${answer.status} ${location.pathname}`;
}
