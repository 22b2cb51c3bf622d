import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { oidc, users } from "../../src/authorization-server/sign-in/index.ts";
import { createOAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { launchBrowser, NETWORK_NAME } from "../support/browser/launch.ts";
import { testCertificate } from "../support/https-origin.ts";
import { freePort } from "../support/listening.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { startOidcUpstream } from "../support/sign-in/oidc-upstream.ts";
import { openTestStore } from "../support/store/test-store.ts";
import { addUser, PASSWORD } from "../support/users.ts";
import { focused, lowContrast, outside, unlabelled } from "./in-page.js";

let browser: Browser;
let folder: string;

beforeAll(async () => {
  [browser, folder] = await Promise.all([launchBrowser(), mkdtemp(join(tmpdir(), "gatehouse-account-"))]);
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const NEXT = "a goose in the orchard";
let databases = 0;

/** A server with the built-in directory, in which Ada is, and a real provider beside it. */
async function start(kind: "network" | "loopback") {
  const port = await freePort();
  const publicUrl = kind === "network" ? `https://${NETWORK_NAME}:${port}` : `http://localhost:${port}`;
  const provider = await startOidcUpstream(publicUrl);
  databases += 1;
  const database = join(folder, `${databases}.db`);
  const server = createOAuthServer(
    "My app",
    {
      signIn: [
        users(),
        oidc({
          issuer: provider.issuer,
          label: "Provider",
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
        }),
      ],
      admit: "anyone",
    },
    { database, port, publicUrl, log: silentLog, ...(kind === "network" && { tls: testCertificate }) },
  );
  await server.listen();
  const store = await openTestStore({ database });
  onTestFinished(async () => {
    await store.close();
    await server.close();
  });
  const id = await addUser({ store, now: Date.now }, "ada");
  return { store, id, provider, account: `${publicUrl}/account` };
}

async function newWindow(
  options: BrowserContextOptions = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  onTestFinished(() => context.close());
  return { page: await context.newPage(), context };
}

async function signIn(page: Page, url: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

async function looksRight(page: Page): Promise<void> {
  expect(await page.evaluate(outside)).toEqual([]);
  expect(await page.evaluate(lowContrast)).toEqual([]);
  expect(await page.evaluate(unlabelled)).toEqual([]);
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true }).waitFor();
const told = (page: Page) => page.getByRole("status").innerText();

it.each([
  { kind: "network", width: 1280, colorScheme: "light" },
  { kind: "network", width: 360, colorScheme: "dark" },
  { kind: "loopback", width: 360, colorScheme: "light" },
] as const)(
  "a person signs in, changes the password, ends a session, links a provider and signs out, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { store, id, account } = await start(kind);
    const { page: phone } = await newWindow();
    await signIn(phone, account);
    await heading(phone, "Your account");
    const { page: tablet } = await newWindow();
    await signIn(tablet, account);
    await heading(tablet, "Your account");

    const { page, context } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    context.on("weberror", (error) => complaints.push(error.error().message));
    await signIn(page, account, "not the password");
    await page.getByRole("alert").waitFor();
    await looksRight(page);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await heading(page, "Your account");
    await looksRight(page);
    expect(await page.getByRole("button", { name: /^End / }).count()).toBe(2);

    await page.getByRole("button", { name: /^End / }).first().waitFor();
    await page.mouse.move(1, 1);
    await page.getByRole("button", { name: /^End / }).first().click({ timeout: 20_000 });
    expect(await told(page)).toBe("The session is ended.");
    await looksRight(page);
    expect(await page.getByRole("button", { name: /^End / }).count()).toBe(1);
    await tablet.reload();
    await heading(tablet, "Sign in to My app");

    await page.getByLabel("Current password").fill("not the password");
    await page.getByLabel("New password", { exact: true }).fill(NEXT);
    await page.getByLabel("New password again").fill(NEXT);
    await clickButton(page, "Change password");
    expect(await page.getByRole("alert").innerText()).toBe("The current password is incorrect.");
    // The page is long: it begins where there is something to do.
    await expect.poll(() => page.evaluate(focused)).toBe("input current_password");
    await looksRight(page);
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password", { exact: true }).fill(NEXT);
    await page.getByLabel("New password again").fill(NEXT);
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    expect(await told(page)).toContain("Your password was changed");
    await phone.reload();
    await heading(phone, "Sign in to My app");

    await clickButton(page, "Link Provider");
    await page.getByRole("heading", { name: /^Link Provider .+ to the account of / }).waitFor();
    await looksRight(page);
    expect(await store.listIdentities(id)).toHaveLength(1);
    await page.mouse.move(1, 1);
    await page.getByRole("link", { name: "Don’t link" }).click({ timeout: 20_000 });
    await page.getByRole("status").waitFor();
    expect(await told(page)).toBe("Nothing was linked.");
    expect(await store.listIdentities(id)).toHaveLength(1);
    await clickButton(page, "Link Provider");
    await clickButton(page, /^Link$/);
    await page.getByRole("status").waitFor();
    expect(await told(page)).toBe("You can now sign in this way too.");
    await looksRight(page);
    expect(await store.listIdentities(id)).toHaveLength(2);

    await clickButton(page, "Sign out here");
    await heading(page, "You are signed out");
    await looksRight(page);
    expect(await store.listSessions(id, Date.now())).toEqual([]);

    await page.getByRole("link", { name: "Sign in again" }).click();
    await heading(page, "Sign in to My app");
    await looksRight(page);
    await page.getByRole("link", { name: "Continue with Provider" }).click();
    await heading(page, "Your account");
    expect(await page.getByRole("main").innerText()).toContain(id);
    await signIn(phone, account, PASSWORD);
    await phone.getByRole("alert").waitFor();
    // Wrong passwords are a 403, which the browser notes.
    expect(complaints.filter((text) => !text.includes("status of 403"))).toEqual([]);
  },
);

it("the keyboard alone reaches every button, and does what it says", async () => {
  const { account } = await start("network");
  const { page } = await newWindow();
  await page.goto(account);
  await page.locator("[autofocus]:focus").waitFor();
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  const stops: string[] = [];
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (stop === "body") break;
    stops.push(stop);
  }
  expect(stops).toEqual([
    "button Sign out here",
    "button Sign out everywhere and disconnect all apps",
    "button Link Provider",
    "input current_password",
    "input new_password",
    "input repeated_password",
    "button Change password",
  ]);
  await page.keyboard.press("Tab");
  for (let presses = 0; presses < 10; presses += 1) {
    if ((await page.evaluate(focused)) === "button Sign out here") break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await heading(page, "You are signed out");
});

it("a person who is refused a link learns why, and is led back to the page", async () => {
  const { account } = await start("loopback");
  const { page: other } = await newWindow();
  await other.goto(account);
  await other.getByRole("link", { name: "Continue with Provider" }).click();
  await heading(other, "Your account");
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await signIn(page, account);
  await heading(page, "Your account");
  await clickButton(page, "Link Provider");
  await heading(page, "Nothing was linked");
  await looksRight(page);
  await page.getByRole("link", { name: "Back to your account" }).click();
  await heading(page, "Your account");
});
