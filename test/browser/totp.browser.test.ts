import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { totp, users } from "../../src/authorization-server/sign-in/index.ts";
import { createOAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { launchBrowser, NETWORK_NAME } from "../support/browser/launch.ts";
import { testCertificate } from "../support/https-origin.ts";
import { freePort } from "../support/listening.ts";
import { temporaryFolder } from "../support/processes/command.ts";
import { authenticator } from "../support/sign-in/authenticator.ts";
import { openTestStore } from "../support/store/test-store.ts";
import { addUser, PASSWORD } from "../support/users.ts";
import { focused, focusInView, lowContrast, outside, unlabelled } from "./in-page.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

async function start(kind: "network" | "loopback", required: "all" | "choice") {
  const port = await freePort();
  const publicUrl = kind === "network" ? `https://${NETWORK_NAME}:${port}` : `http://localhost:${port}`;
  const database = join(await temporaryFolder(), "gatehouse.db");
  const server = createOAuthServer(
    "My app",
    { signIn: [users(), totp({ required })] },
    { database, port, publicUrl, log: silentLog, ...(kind === "network" && { tls: testCertificate }) },
  );
  await server.listen();
  const store = await openTestStore({ database });
  onTestFinished(async () => {
    await store.close();
    await server.close();
  });
  await addUser({ store, now: Date.now }, "ada");
  return { account: `${publicUrl}/account` };
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
}

/** For one who looks at the pages: each as it is, where SCREENSHOTS names a folder. */
async function looksRight(page: Page, name: string): Promise<void> {
  expect(await page.evaluate(outside)).toEqual([]);
  expect(await page.evaluate(lowContrast)).toEqual([]);
  expect(await page.evaluate(unlabelled)).toEqual([]);
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  const { width } = page.viewportSize() ?? { width: 0 };
  await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true }).waitFor();

/** The app of the person who sees this page. */
async function scan(page: Page) {
  const qr = page.getByRole("img", { name: "QR code for your authenticator app" });
  const box = await qr.boundingBox();
  // Large enough for a phone's camera, and square.
  expect(box?.width).toBeGreaterThan(150);
  expect(box?.width).toBeCloseTo(box?.height ?? 0, 0);
  const key = await page.locator("code.whole").innerText();
  return authenticator(key, { now: Date.now });
}

it.each([
  { kind: "network", width: 1280, colorScheme: "light" },
  { kind: "network", width: 360, colorScheme: "dark" },
  { kind: "loopback", width: 360, colorScheme: "light" },
] as const)(
  "a person sets an app up while signing in, and signs in with codes, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { account } = await start(kind, "all");
    const options = { ignoreHTTPSErrors: true, viewport: { width, height: 720 }, colorScheme };
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await signIn(page, account);
    await heading(page, "Set up an authenticator app");
    await looksRight(page, `setup-${colorScheme}`);
    const app = await scan(page);
    await page.getByLabel("Code from your app").fill(app.wrong());
    await clickButton(page, "Turn on");
    await page.getByRole("alert").waitFor();
    await looksRight(page, `setup-wrong-${colorScheme}`);
    await page.getByLabel("Code from your app").fill(app.code());
    await page.keyboard.press("Enter");
    await heading(page, "Save your recovery codes");
    await looksRight(page, `recovery-codes-${colorScheme}`);
    const [first = ""] = (await page.locator("pre").innerText()).split("\n");
    await page.getByRole("link", { name: "I have saved them" }).click();
    await heading(page, "Your account");
    await looksRight(page, `account-${colorScheme}`);
    await clickButton(page, "Sign out here");
    await heading(page, "You are signed out");

    await signIn(page, account);
    await heading(page, "Enter your code");
    await page.locator("[autofocus]:focus").waitFor();
    expect(await page.evaluate(focused)).toBe("input code");
    await looksRight(page, `code-${colorScheme}`);
    await page.keyboard.type(app.wrong());
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await looksRight(page, `code-wrong-${colorScheme}`);
    await page.getByText("Use a recovery code instead").click();
    await page.getByLabel("Recovery code").fill("aaaa-bbbb-cccc-dddd");
    await page.keyboard.press("Enter");
    await page.getByLabel("Recovery code").waitFor();
    await looksRight(page, `recovery-wrong-${colorScheme}`);
    await page.getByLabel("Recovery code").fill(first);
    await page.keyboard.press("Enter");
    await heading(page, "Your account");
    await page.getByText("9 recovery codes are left").waitFor();
    expect(complaints.filter((text) => !/status of (400|403)/.test(text))).toEqual([]);
  },
);

it("the account page sets an app up, makes new recovery codes and turns it off, by keyboard", async () => {
  const { account } = await start("network", "choice");
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 360, height: 720 },
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const press = async (name: string) => {
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  await signIn(page, account);
  await heading(page, "Your account");
  await looksRight(page, "account-none");
  await press("Set up an app");
  const app = await scan(page);
  await looksRight(page, "account-setup");
  await page.getByLabel("Code from your app").fill(app.wrong());
  await page.keyboard.press("Enter");
  await page.getByText("Incorrect code.").waitFor();
  await looksRight(page, "account-setup-wrong");
  await page.getByLabel("Code from your app").fill(app.code());
  await page.keyboard.press("Enter");
  await page.getByText("Your authenticator app is set up, and you are signed out everywhere else.").waitFor();
  // The page is long: it begins where there is something to read.
  await expect.poll(() => page.evaluate(focusInView)).toBe(true);
  await looksRight(page, "account-codes");
  await press("Sign out here");
  await heading(page, "You are signed out");
  await signIn(page, account);
  await heading(page, "Enter your code");
  await page.keyboard.type(app.code(1));
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  await press("Make new recovery codes");
  await page.getByText("These are your new recovery codes.").waitFor();
  await press("Turn off");
  await page.getByText("Your authenticator app is turned off.").waitFor();
  await page.getByRole("button", { name: "Set up an app" }).waitFor();
});
