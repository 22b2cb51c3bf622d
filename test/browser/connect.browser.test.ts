import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { users } from "../../src/authorization-server/sign-in/index.ts";
import { createConnectLinks } from "../../src/authorization-server/upstreams/connect/connect-links.ts";
import {
  githubUpstream,
  keyUpstream,
  oauthUpstream,
} from "../../src/authorization-server/upstreams/index.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { focused } from "../support/browser/in-page.js";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import {
  enterAt,
  heading,
  looksRight,
  PLACES_AND_SCREENS,
  picture,
  windows,
} from "../support/browser/windows.ts";
import { SECRET } from "../support/forge.ts";
import { startGithub } from "../support/sign-in/github-double.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { startOidcUpstream } from "../support/sign-in/oidc-upstream.ts";
import { addUser, PASSWORD } from "../support/users.ts";

const newWindow = windows();
const CREDENTIALS = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const KEY = "jira-key-0123456789";

/** A server with Ada, who can connect GitHub and a real provider, and store keys for Jira. */
async function start(kind: Kind) {
  const place = await placeOn(kind);
  const github = await startGithub(openNetwork());
  const provider = await startOidcUpstream(place.publicUrl, "provider/connect");
  const upstreams = {
    github: githubUpstream({ ...CREDENTIALS, baseUrl: github.url, scopes: ["repo"] }),
    provider: oauthUpstream({
      label: "Provider",
      issuer: provider.issuer,
      ...CREDENTIALS,
      scopes: ["openid", "email"],
      parameters: { prompt: "login" },
    }),
    jira: keyUpstream({ label: "Jira", check: (key) => key === KEY, keysUrl: "https://jira.example/keys" }),
  };
  const { store, account } = await serveAt(place, { signIn: [users()] }, { upstreams, secret: SECRET });
  const id = await addUser({ store, now: Date.now }, "ada");
  await addUser({ store, now: Date.now }, "grace");
  const links = createConnectLinks({
    keyring: createKeyring([SECRET]),
    clock: Date.now,
    issuer: place.publicUrl,
  });
  return { store, id, account, github, provider, linkFor: (name: string) => links.urlFor(id, name) };
}

const told = (page: Page) => page.getByRole("status").innerText();

async function typeName(page: Page, username: string): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
}

it.each(PLACES_AND_SCREENS)(
  "a person connects GitHub by a tool's link, and a provider, a key and what ends them on the account page, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { store, id, provider, linkFor } = await start(kind);
    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    const listed = () => store.listUpstreamCredentials(id);

    await page.goto(await linkFor("github"));
    await heading(page, "Sign in to connect GitHub");
    await looksRight(page, `connect-sign-in-${colorScheme}`);
    await typeName(page, "ada");
    await heading(page, "Connect GitHub to My app?");
    await looksRight(page, `connect-${colorScheme}`);
    expect(await page.getByRole("main").innerText()).toContain(id);
    expect(await listed()).toEqual([]);
    await clickButton(page, "Connect GitHub");
    if (kind === "loopback") {
      await page.getByRole("button", { name: "Connect GitHub to this account" }).waitFor();
      await looksRight(page, `connect-answered-${colorScheme}`);
      expect(await listed()).toEqual([]);
      await clickButton(page, "Connect GitHub to this account");
    }
    await page.getByRole("status").waitFor();
    expect(await told(page)).toContain("GitHub is connected.");
    await looksRight(page, `connected-${colorScheme}`);
    expect(await listed()).toMatchObject([{ upstream: "github", account: "ada" }]);

    const connectProvider = async (button: string | RegExp) => {
      await clickButton(page, button);
      if (kind === "loopback") await clickButton(page, "Connect Provider to this account");
      await page.getByRole("status").waitFor();
      expect(await told(page)).toContain("Provider is connected.");
    };
    await connectProvider("Connect Provider");
    expect((await listed()).map(({ account }) => account)).toEqual(["ada", "ada@example.com"]);
    provider.person = "eve";
    await connectProvider(/^Connect again Provider/);
    expect((await listed()).map(({ account }) => account)).toEqual(["ada", "eve@elsewhere.example"]);

    await page.getByLabel("Key for Jira").fill("not the key");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toBe(
      "Jira does not take this key. Check that you copied all of it.",
    );
    await expect.poll(() => page.evaluate(focused)).toBe("input key");
    await looksRight(page, `key-refused-${colorScheme}`);
    await page.getByLabel("Key for Jira").fill(KEY);
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    expect(await told(page)).toContain("Your key for Jira is stored.");
    expect(await page.content()).not.toContain(KEY);

    await clickButton(page, /^Disconnect GitHub/);
    await page.getByRole("status").filter({ hasText: "GitHub is disconnected here." }).waitFor();
    await clickButton(page, /^Remove key Jira/);
    await page.getByRole("status").filter({ hasText: "Your key for Jira is removed here." }).waitFor();
    expect((await listed()).map(({ upstream }) => upstream)).toEqual(["provider"]);
    await looksRight(page);
    // A key that is refused is a 400, which the browser notes.
    expect(complaints.filter((text) => !text.includes("status of 400"))).toEqual([]);
  },
);

it("by the keyboard alone: a link, the sign-in, the button and the service's answer", async () => {
  const { store, id, linkFor } = await start("network");
  const { page } = await newWindow();
  await page.goto(await linkFor("github"));
  await page.locator("[autofocus]:focus").waitFor();
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Connect GitHub to My app?");
  await enterAt(page, "button Connect GitHub", 5);
  await page.getByRole("status").waitFor();
  await enterAt(page, "button Disconnect");
  await page.getByRole("status").filter({ hasText: "GitHub is disconnected here." }).waitFor();
  expect(await store.listUpstreamCredentials(id)).toEqual([]);
});

it("a person who opens another one's link learns that, and connects nothing", async () => {
  const { store, id, linkFor } = await start("network");
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await page.goto(await linkFor("github"));
  await typeName(page, "grace");
  await heading(page, "Nothing was connected");
  await looksRight(page);
  await picture(page, "anothers-link");
  await page.getByRole("link", { name: "Sign in with another account" }).click();
  await typeName(page, "ada");
  await heading(page, "Connect GitHub to My app?");
  expect(await store.listUpstreamCredentials(id)).toEqual([]);
});

it("a person who does not approve at the service is told so, and one whose link is old is told what to do", async () => {
  const { github, account, linkFor } = await start("loopback");
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await page.goto(account);
  await typeName(page, "ada");
  await heading(page, "Your account");
  github.say({ answer: { error: "access_denied" } });
  await clickButton(page, "Connect GitHub");
  await page.getByRole("status").waitFor();
  expect(await told(page)).toContain("access to it was not approved there");
  await page.goto((await linkFor("github")).replace(/.{4}$/, "AAAA"));
  await heading(page, "Nothing was connected");
  await looksRight(page);
  await page.getByRole("link", { name: "Open your account" }).click();
  await heading(page, /Sign in to|Your account/);
});
