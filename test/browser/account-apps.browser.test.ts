import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { users } from "../../src/authorization-server/sign-in/index.ts";
import type { Approval } from "../../src/store/grant-records.ts";
import { clickButton } from "../support/browser/click-button.ts";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import {
  enterAt,
  heading,
  looksRight,
  PLACES_AND_SCREENS,
  typePassword,
  windows,
} from "../support/browser/windows.ts";
import { approveSample, REDEEMED, sampleClient, sampleEntry } from "../support/store/samples.ts";
import { addUser } from "../support/users.ts";

const newWindow = windows();
const HOUR_MS = 60 * 60 * 1000;

/** A server at which Ada has connected apps: the one that is named last is the newest. */
async function start(kind: Kind, apps: readonly string[]) {
  const place = await placeOn(kind);
  const { store, account } = await serveAt(
    place,
    { signIn: [users()] },
    { supportedScopes: { mcp: "Use the tools", "todo:read": "See your list" } },
  );
  const personId = await addUser({ store, now: Date.now }, "ada");
  const at = Date.now();
  for (const [index, name] of apps.entries()) {
    const [id, clientId] = [`grant-${index}`, `client-${index}`];
    await store.addClient(sampleClient({ id: clientId, name }), "unaudited");
    const times: Partial<Approval> = {
      createdAt: at + index,
      signedInAt: at + index,
      codeExpiresAt: at + HOUR_MS,
      refreshExpiresAt: at + HOUR_MS,
      endsAt: at + HOUR_MS,
    };
    const entry = sampleEntry("consent.approved", {
      at: at + index,
      fields: { grant: id, client: clientId, client_name: name, person: personId },
    });
    await approveSample(store, { id, clientId, clientName: name, person: { id: personId }, ...times }, entry);
    await store.redeemCode(id, at + HOUR_MS, at, REDEEMED);
  }
  await store.recordRefusal("grant-0", "scope_not_granted", at);
  const live = async () =>
    (await store.listGrants({ personId, liveAt: Date.now() })).map(({ clientName }) => clientName);
  return { account, live };
}

const told = (page: Page) => page.getByRole("status").innerText();

async function follow(page: Page, name: string): Promise<void> {
  await page.mouse.move(1, 1);
  await page.getByRole("link", { name, exact: true }).click({ timeout: 20_000 });
}

it.each(PLACES_AND_SCREENS)(
  "a person sees their apps, ends one and then all, and reads what happened, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { account, live } = await start(kind, ["Cursor", "Claude"]);
    const { page, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    await typePassword(page, account);
    await heading(page, "Connected apps");
    await looksRight(page, `apps-${kind}-${colorScheme}`);
    const main = page.getByRole("main");
    expect(await main.innerText()).toContain("it asked for something that you did not allow.");

    await clickButton(page, /^Disconnect Cursor/);
    await page.getByRole("status").waitFor();
    expect(await told(page)).toBe("The app is disconnected.");
    expect(await live()).toEqual(["Claude"]);
    await looksRight(page);

    await follow(page, "What happened with your apps");
    await heading(page, "What happened with your apps");
    await looksRight(page, `timeline-${kind}-${colorScheme}`);
    const entries = await page.getByRole("listitem").allInnerTexts();
    expect(entries.map((entry) => entry.split("\n")[0])).toEqual([
      "Cursor was disconnected",
      "You approved Claude",
      "You approved Cursor",
    ]);
    expect(entries[0]).toContain("You did this on your account page.");
    expect(entries[2]).toContain("This connection ended");

    await follow(page, "Back to your account");
    await heading(page, "Your account");
    await clickButton(page, "Disconnect all apps");
    await page.getByRole("status").waitFor();
    expect(await told(page)).toBe("All your apps are disconnected.");
    expect(await main.innerText()).toContain("No app is connected.");
    await looksRight(page);
    expect(await live()).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

it("the keyboard alone reaches every app, also on the further pages, and ends it", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `App ${index}`);
  const { account, live } = await start("network", names);
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await typePassword(page, account);
  await heading(page, "Connected apps");
  expect(await page.getByRole("button", { name: /^Disconnect App/ }).count()).toBe(10);
  await enterAt(page, "a Show all connected apps");
  await heading(page, "Your connected apps");
  await looksRight(page);
  expect(await page.getByRole("button", { name: /^Disconnect App/ }).count()).toBe(50);
  await enterAt(page, "a Older", 100);
  await page.getByText("App 9", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: /^Disconnect App/ }).count()).toBe(10);
  await page.getByRole("button", { name: "Disconnect App 9", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").waitFor();
  expect(await told(page)).toBe("The app is disconnected.");
  await heading(page, "Your connected apps");
  expect(await live()).toHaveLength(59);
  await enterAt(page, "button Disconnect all apps", 100);
  await page.getByText("No app is connected.").waitFor();
  expect(await live()).toEqual([]);
});
