import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { totp, users } from "../../src/authorization-server/sign-in/index.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { focused, focusInView } from "../support/browser/in-page.js";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import {
  heading,
  looksRight,
  PLACES_AND_SCREENS,
  typePassword,
  windows,
} from "../support/browser/windows.ts";
import { authenticator } from "../support/sign-in/authenticator.ts";
import { addUser } from "../support/users.ts";

const newWindow = windows();

async function start(kind: Kind, required: "all" | "choice") {
  const { store, account } = await serveAt(await placeOn(kind), { signIn: [users(), totp({ required })] });
  await addUser({ store, now: Date.now }, "ada");
  return { account };
}

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

it.each(PLACES_AND_SCREENS)(
  "a person sets an app up while signing in, and signs in with codes, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { account } = await start(kind, "all");
    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    await typePassword(page, account);
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

    await typePassword(page, account);
    await heading(page, "Enter your code");
    await page.locator("[autofocus]:focus").waitFor();
    await expect.poll(() => page.evaluate(focused)).toBe("input code");
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
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  const press = async (name: string) => {
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  await typePassword(page, account);
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
  await typePassword(page, account);
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
