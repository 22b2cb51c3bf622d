import { describe, expect, it } from "vitest";
import { github, google, oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import type { Browser } from "../support/person.ts";
import { startGithub } from "../support/sign-in/github-double.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import {
  goToProvider,
  leadsTo,
  signInAt,
  signInThere,
  startSignInServer,
} from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { startGoogle } from "../support/sign-in/providers.ts";

// A provider signs in the account that it knows already, without a word: so a person who may not come in with it would
// come back with the same one, however often they ask for another.

const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const EVE = { sub: "eve", name: "Eve", email: "eve@elsewhere.example", email_verified: true };
const ADA = { sub: "ada", name: "Ada", email: "ada@example.com", email_verified: true };
const LISTS: AdmitOption = { emails: ["*@example.com"] };

async function start(admit: AdmitOption = LISTS, others: readonly SignInMethod[] = []) {
  const network = openNetwork();
  const provider = await startIdentityDouble({ claims: EVE });
  const method = oidc({ issuer: provider.issuer, ...credentials });
  const server = await startSignInServer([method, ...others], network, {}, admit);
  return { network, provider, server };
}

/** The address behind a link of a page. */
async function linkOn(page: Response, text: string): Promise<string> {
  const html = await page.text();
  const [, href] = new RegExp(`<a [^>]*href="([^"]*)"[^>]*>${text}`).exec(html) ?? [];
  if (href === undefined) throw new Error(`no link “${text}” on a page of status ${page.status}`);
  return href.replaceAll("&amp;", "&");
}

/** Presses the button of a way to sign in: the authorization request at the provider. */
async function pressed(browser: Browser, page: Response, label: string): Promise<URL> {
  const begun = await browser.request(await linkOn(page, `Continue with <bdi>${label}`));
  return new URL(begun.headers.get("location") ?? "");
}

describe("“Use another account” of a person who may not come in", () => {
  it("with one provider stays on a page, and the provider is asked to let them choose", async () => {
    const { network, provider, server } = await start();
    const { browser, response } = await signInAt(server, "oidc", network);
    expect(leadsTo(response)).toBe("page 403");
    const page = await browser.request(await linkOn(response, "Use another account"));
    expect(page.status).toBe(200);
    const providerUrl = await pressed(browser, page, new URL(provider.issuer).host);
    expect(providerUrl.searchParams.get("prompt")).toBe("login");
    provider.say({ claims: ADA });
    const callback = await signInThere({ providerUrl }, network);
    expect(leadsTo(await browser.request(callback.href))).toBe("/oauth/consent");
  });

  it("with several shows all of them, and each is asked to", async () => {
    const { network, provider, server } = await start(LISTS, [google(credentials), github(credentials)]);
    await startGoogle(network);
    await startGithub(network);
    const { browser, response } = await signInAt(server, "oidc", network);
    const link = await linkOn(response, "Use another account");
    const prompts = {
      [new URL(provider.issuer).host]: "login",
      Google: "select_account",
      GitHub: "select_account",
    };
    for (const [label, prompt] of Object.entries(prompts)) {
      const providerUrl = await pressed(browser, await browser.request(link), label);
      expect(`${label}: ${providerUrl.searchParams.get("prompt")}`).toBe(`${label}: ${prompt}`);
    }
  });

  it("is remembered on the way: a person who turns back at the provider may choose the next time too", async () => {
    const { network, provider, server } = await start();
    const { browser, response } = await signInAt(server, "oidc", network);
    const page = await browser.request(await linkOn(response, "Use another account"));
    const { host } = new URL(provider.issuer);
    const providerUrl = await pressed(browser, page, host);
    provider.say({ answer: { code: undefined, error: "access_denied" } });
    const callback = await signInThere({ providerUrl }, network);
    const back = await browser.request(callback.href);
    expect(leadsTo(back)).toBe("/oauth/login oidc cancelled");
    const again = await browser.request(back.headers.get("location") ?? "");
    expect((await pressed(browser, again, host)).searchParams.get("prompt")).toBe("login");
  });

  it("drops whom the client expects, which a provider would take for the choice", async () => {
    const { network, provider, server } = await start();
    const there = await goToProvider(server, "oidc", { params: { login_hint: "eve@elsewhere.example" } });
    expect(there.providerUrl.searchParams.get("login_hint")).toBe("eve@elsewhere.example");
    const refused = await there.browser.request((await signInThere(there, network)).href);
    const page = await there.browser.request(await linkOn(refused, "Use another account"));
    const providerUrl = await pressed(there.browser, page, new URL(provider.issuer).host);
    expect(providerUrl.searchParams.has("login_hint")).toBe(false);
  });
});

it("“Use another account” on the consent page does not lead back to the account of before", async () => {
  const { network, provider, server } = await start("anyone");
  const { browser, response } = await signInAt(server, "oidc", network);
  const consent = await browser.request(response.headers.get("location") ?? "");
  const page = await browser.request(await linkOn(consent, "Use another account"));
  expect(page.status).toBe(200);
  const providerUrl = await pressed(browser, page, new URL(provider.issuer).host);
  expect(providerUrl.searchParams.get("prompt")).toBe("login");
});

it("an account that can't be used here is not the one that the next try comes back with", async () => {
  const network = openNetwork();
  await startGoogle(network, { claims: { sub: "1", hd: "elsewhere.example" } });
  const method = google({ ...credentials, hd: "example.com" });
  const server = await startSignInServer([method], network);
  const { browser, response } = await signInAt(server, "google", network);
  expect(leadsTo(response)).toBe("/oauth/login google other_organization");
  const page = await browser.request(response.headers.get("location") ?? "");
  expect((await pressed(browser, page, "Google")).searchParams.get("prompt")).toBe("select_account");
});

it("without the wish for another one, no one is asked to choose", async () => {
  const { server } = await start();
  expect((await goToProvider(server, "oidc")).providerUrl.searchParams.has("prompt")).toBe(false);
});

it.each<[string, readonly string[] | undefined, Readonly<Record<string, string>>, string]>([
  ["names no prompts is asked for a sign-in, which all of them know", undefined, {}, "login"],
  ["names select_account is asked for that", ["none", "login", "select_account"], {}, "select_account"],
  ["names others is not", ["none", "login"], {}, "login"],
  ["has to sign in anew is asked for that", ["login", "select_account"], { prompt: "login" }, "login"],
])("a provider that %s", async (_, prompts, params, expected) => {
  const { network, provider, server } = await start();
  provider.say({ metadata: { prompt_values_supported: prompts } });
  const { browser, response } = await signInAt(server, "oidc", network, params);
  const page = await browser.request(await linkOn(response, "Use another account"));
  const providerUrl = await pressed(browser, page, new URL(provider.issuer).host);
  expect(providerUrl.searchParams.get("prompt")).toBe(expected);
});
