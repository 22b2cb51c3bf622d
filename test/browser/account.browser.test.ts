import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { oidc, users } from "../../src/authorization-server/sign-in/index.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { focused } from "../support/browser/in-page.js";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import {
  enterAt,
  heading,
  looksRight,
  PLACES_AND_SCREENS,
  typePassword,
  windows,
} from "../support/browser/windows.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { startOidcUpstream } from "../support/sign-in/oidc-upstream.ts";
import { addUser, PASSWORD } from "../support/users.ts";

const newWindow = windows();
const NEXT = "a goose in the orchard";

/** A server with the built-in directory, in which Ada is, and a real provider beside it. */
async function start(kind: Kind) {
  const place = await placeOn(kind);
  const { issuer } = await startOidcUpstream(place.publicUrl);
  const provider = oidc({ issuer, label: "Provider", clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
  const { store, account } = await serveAt(place, { signIn: [users(), provider], admit: "anyone" });
  const id = await addUser({ store, now: Date.now }, "ada");
  return { store, id, account };
}

const told = (page: Page) => page.getByRole("status").innerText();

it.each(PLACES_AND_SCREENS)(
  "a person signs in, changes the password, ends a session, links a provider and signs out, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { store, id, account } = await start(kind);
    const { page: phone } = await newWindow();
    await typePassword(phone, account);
    await heading(phone, "Your account");
    const { page: tablet } = await newWindow();
    await typePassword(tablet, account);
    await heading(tablet, "Your account");

    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    await typePassword(page, account, "not the password");
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
    await typePassword(phone, account, PASSWORD);
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
    "a What happened with your apps",
    "button Link Provider",
    "input current_password",
    "input new_password",
    "input repeated_password",
    "button Change password",
    "button Sign out here",
    "button Sign out everywhere and disconnect all apps",
  ]);
  await page.keyboard.press("Tab");
  await enterAt(page, "button Sign out here", 10);
  await heading(page, "You are signed out");
});

it("a person who is refused a link learns why, and is led back to the page", async () => {
  const { account } = await start("loopback");
  const { page: other } = await newWindow();
  await other.goto(account);
  await other.getByRole("link", { name: "Continue with Provider" }).click();
  await heading(other, "Your account");
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await typePassword(page, account);
  await heading(page, "Your account");
  await clickButton(page, "Link Provider");
  await heading(page, "Nothing was linked");
  await looksRight(page);
  await page.getByRole("link", { name: "Back to your account" }).click();
  await heading(page, "Your account");
});
