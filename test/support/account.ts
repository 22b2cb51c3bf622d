import type { AccountActionName, PartName } from "../../src/pages/account/values.ts";
import { type Browser, stateOf } from "./person.ts";

/** The account page of a person who is signed in. */
export type AccountPage = {
  readonly html: string;
  /** What each of its forms carries. */
  readonly token: string;
};

export async function openAccount(browser: Browser, url = "/account"): Promise<AccountPage> {
  const response = await browser.request(url);
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}, ${response.headers.get("location")}`);
  }
  const html = await response.text();
  // That of a question is good for one thing: the forms below it carry the page's own.
  const forms = html.split("<form").filter((text) => !text.includes('value="confirm_link"'));
  return { html, token: tokenIn(forms.join("")) };
}

export function tokenIn(html: string): string {
  return /name="page_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
}

/** From `/account` through the sign-in page, and back: with a username and a password. */
export async function signInToAccount(
  browser: Browser,
  username = "ada",
  password = "lovelace",
): Promise<AccountPage> {
  const begun = await browser.request("/account");
  return finishSignIn(browser, begun, username, password);
}

/** The same for a sign-in that has begun. */
export async function finishSignIn(
  browser: Browser,
  begun: Response,
  username = "ada",
  password = "lovelace",
): Promise<AccountPage> {
  const state = stateOf(begun.headers.get("location"));
  const answer = await browser.submit("/oauth/login", { state, username, password });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`);
  return openAccount(browser, location);
}

/** Presses a button of the page. */
export function press(
  browser: Browser,
  { token }: Pick<AccountPage, "token">,
  action: AccountActionName | PartName,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return browser.submit("/account", { page_token: token, action, ...fields });
}

/** What the page says after a button was pressed. */
export async function follow(browser: Browser, answer: Response): Promise<AccountPage> {
  const location = answer.headers.get("location");
  if (answer.status !== 303 || location === null) {
    throw new Error(`answered ${answer.status}: ${textOf(await answer.text())}`);
  }
  return openAccount(browser, location);
}

/** Clicks "Link" on the page that a provider led back to: what the page says then. */
export async function confirmLink(browser: Browser, answer: Response): Promise<AccountPage> {
  return follow(browser, await press(browser, await askedIn(browser, answer), "confirm_link"));
}

/** The page that asks whether to link what a provider proved, with the question's own token. */
export async function askedIn(browser: Browser, answer: Response): Promise<AccountPage> {
  const { html } = await follow(browser, answer);
  const form = html.split("<form").find((text) => text.includes('value="confirm_link"'));
  if (form === undefined) throw new Error(`the page does not ask: ${textOf(html)}`);
  return { html, token: tokenIn(form) };
}

/** The values of a field that the page's forms have. */
export function valuesOf({ html }: AccountPage, field: string): readonly string[] {
  return [...html.matchAll(new RegExp(`name="${field}" value="([^"]*)"`, "g"))].map(
    ([, value = ""]) => value,
  );
}

/** Elements that a browser shows within a line, without a space around them. */
const INLINE = /<\/?(?:a|bdi|code|span|strong|time)\b[^>]*>/g;

/** A page as it is read. */
export function textOf(html: string): string {
  return html
    .replace(/<(style|title)>.*?<\/\1>/gs, "")
    .replace(INLINE, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();
}

/** Presses the button that links a method, up to its provider: what the provider sends back. */
export async function beginLink(
  browser: Browser,
  page: Pick<AccountPage, "token">,
  method: string,
): Promise<string> {
  const toStart = await press(browser, page, "link", { method });
  const toProvider = await browser.request(locationOf(toStart));
  return stateOf(locationOf(toProvider));
}

function locationOf(response: Response): string {
  const location = response.headers.get("location");
  if (location === null) throw new Error(`answered ${response.status} without a redirect`);
  return location;
}
