import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { passkeys, users } from "../../src/authorization-server/sign-in/index.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { focused } from "../support/browser/in-page.js";
import { placeOn, serveAt } from "../support/browser/serve.ts";
import { heading, looksRight, picture, SCREENS, typePassword, windows } from "../support/browser/windows.ts";
import { addUser, PASSWORD } from "../support/users.ts";

const newWindow = windows();

/** A server with the built-in directory, in which Ada is, and passkeys. Browsers make none where they don't trust the certificate. */
async function start() {
  const place = await placeOn("loopback");
  const { store, account } = await serveAt(place, { signIn: [users(), passkeys()] });
  const id = await addUser({ store, now: Date.now }, "ada");
  return { store, id, publicUrl: place.publicUrl, account };
}

/** As the browser's tools have it. */
type DevicePasskey = {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly privateKey: string;
  readonly signCount: number;
};

/** A device of the person, plugged in to this window. */
async function plugIn(page: Page, { isUserVerified = true } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** Whether the person touches it as soon as a page asks: also where it offers passkeys in a field. */
    answerAlone: (enabled: boolean) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    verifyNoOne: () => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false }),
    async passkey() {
      const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
      const [credential] = credentials;
      if (!credential) throw new Error("the device has no passkey");
      return credential;
    },
    put: (credential: DevicePasskey) => cdp.send("WebAuthn.addCredential", { authenticatorId, credential }),
  };
}

async function signIn(page: Page, url: string): Promise<void> {
  await typePassword(page, url);
  await heading(page, "Your account");
}

const told = (page: Page) => page.getByRole("status").first().innerText();

it.each(SCREENS)(
  "a person adds a passkey, signs in with it and removes it, at $width px, $colorScheme",
  async ({ width, colorScheme }) => {
    const { store, id, account } = await start();
    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    const device = await plugIn(page);
    const shot = (name: string) => picture(page, `${name}-${colorScheme}`);
    await signIn(page, account);
    await shot("account-none");
    await page.getByLabel("Name of the new passkey").fill("Ada’s laptop");
    await clickButton(page, "Add a passkey");
    await expect.poll(() => told(page)).toBe("You can now sign in with this passkey.");
    await looksRight(page);
    await shot("account-one");
    await clickButton(page, "Add a passkey");
    await page.getByText("This device has a passkey for your account already.").waitFor();
    await looksRight(page);
    expect(await store.listIdentities(id)).toHaveLength(2);

    const made = await device.passkey();
    await device.answerAlone(false);
    await clickButton(page, "Sign out here");
    await page.getByRole("link", { name: "Sign in again" }).click();
    await heading(page, "Sign in to My app");
    await looksRight(page);
    await shot("sign-in");
    await device.answerAlone(true);
    await clickButton(page, "Sign in with a passkey");
    await heading(page, "Your account");
    expect((await device.passkey()).signCount).toBe(made.signCount + 1);
    await shot("account-used");
    await clickButton(page, /^Remove Ada’s laptop/);
    await expect.poll(() => told(page)).toContain("You can no longer sign in with this passkey.");
    expect(await store.listIdentities(id)).toHaveLength(1);
    expect(complaints).toEqual([]);
  },
);

it("the username field offers the passkey, and the keyboard alone adds one", async () => {
  const { account } = await start();
  const { page } = await newWindow();
  const device = await plugIn(page);
  await page.goto(account);
  await page.locator("[autofocus]:focus").waitFor();
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate(focused)).toBe("button Sign in with a passkey");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  const stops: string[] = [];
  for (let presses = 0; presses < 20 && stops.at(-1) !== "input name"; presses += 1) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(focused));
  }
  expect(stops.at(-1)).toBe("input name");
  await page.keyboard.type("Phone");
  await page.keyboard.press("Enter");
  await expect.poll(() => told(page)).toBe("You can now sign in with this passkey.");
  const { signCount } = await device.passkey();
  await clickButton(page, "Sign out here");
  // The device answers as if the person had chosen the passkey in the field.
  await page.getByRole("link", { name: "Sign in again" }).click();
  await heading(page, "Your account");
  expect((await device.passkey()).signCount).toBe(signCount + 1);
});

it("a device that verifies no one signs no one in, and the page says what to do", async () => {
  const { account } = await start();
  const { page } = await newWindow();
  const device = await plugIn(page);
  await signIn(page, account);
  await clickButton(page, "Add a passkey");
  await expect.poll(() => told(page)).toBe("You can now sign in with this passkey.");
  const { signCount } = await device.passkey();
  await device.verifyNoOne();
  await clickButton(page, "Sign out here");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await heading(page, "Sign in to My app");
  await clickButton(page, "Sign in with a passkey");
  await page.getByText("No passkey was used. Try again, or sign in another way.").waitFor();
  await looksRight(page);
  await picture(page, "sign-in-cancelled");
  expect((await device.passkey()).signCount).toBe(signCount);
  await signIn(page, account);
});

it("a copy of a passkey that has counted less is refused", async () => {
  const { store, id, account } = await start();
  const { page } = await newWindow();
  const device = await plugIn(page);
  await signIn(page, account);
  await clickButton(page, "Add a passkey");
  await expect.poll(() => told(page)).toBe("You can now sign in with this passkey.");
  const copied = await device.passkey();
  await clickButton(page, "Sign out here");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await heading(page, "Your account");

  const { page: elsewhere } = await newWindow();
  const other = await plugIn(elsewhere);
  await other.put(copied);
  const posted = elsewhere.waitForRequest(/\/oauth\/passkeys$/);
  await elsewhere.goto(account);
  await posted;
  await other.answerAlone(false);
  await elsewhere.getByRole("alert").waitFor();
  expect(await elsewhere.getByRole("alert").innerText()).toContain("it may have been copied");
  await picture(elsewhere, "sign-in-copied");
  const [credential] = (await store.listCredentials(id)).filter(({ kind }) => kind === "passkey");
  expect(credential?.counter).toBe(copied.signCount + 1);
  const audit = await store.readAudit({ order: "newest_first", limit: 5 });
  expect(audit.map(({ event }) => event)).toContain("factor.refused");
});

it.each(SCREENS)(
  "an invited person chooses a passkey, at $width px, $colorScheme",
  async ({ width, colorScheme }) => {
    const { store, publicUrl, account } = await start();
    const { url, link } = newLink({ purpose: "invitation", personId: null }, publicUrl, Date.now());
    const fields = { purpose: "invitation", address: "command line", operator: "root" } as const;
    await store.addLink(link, { event: "person.invited", at: Date.now(), fields });
    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    await plugIn(page);
    await page.goto(url);
    await clickButton(page, "Use a passkey instead");
    await expect.poll(() => page.evaluate(focused)).toBe("input username");
    await page.getByLabel("Username").fill("Grace");
    await looksRight(page);
    await picture(page, `invitation-${colorScheme}`);
    await clickButton(page, "Use a passkey instead");
    await heading(page, "Your passkey is saved");
    await picture(page, `invitation-done-${colorScheme}`);
    await page.goto(account);
    await heading(page, "Your account");
    await looksRight(page);
    await picture(page, `account-passkey-only-${colorScheme}`);
    await page.getByText("Your only way in").waitFor();
    expect(complaints).toEqual([]);
  },
);

it("without script a password signs in, and a sentence says what passkeys need", async () => {
  const { account } = await start();
  const { page } = await newWindow({ javaScriptEnabled: false });
  await page.goto(account);
  await page.getByText("Passkeys need JavaScript, which is off in this browser.").waitFor();
  expect(await page.getByRole("button", { name: "Sign in with a passkey" }).count()).toBe(0);
  await picture(page, "sign-in-no-script");
  await signIn(page, account);
});
