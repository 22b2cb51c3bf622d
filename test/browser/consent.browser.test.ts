import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_PERSON } from "../../src/demo/server.ts";
import { focused } from "../support/browser/in-page.js";
import { enterAt, heading, looksRight, SCREENS } from "../support/browser/windows.ts";
import { tokensOf } from "../support/client.ts";
import { type Rig, startRig } from "./rig.ts";

// What the consent page has for an app on another computer, and for one that asks for more than before.

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});

afterAll(() => rig?.close());

const ELSEWHERE = "My app is on another computer";

/** By keyboard, from a request to its consent page. */
async function signIn(page: Page, { url }: { readonly url: string }): Promise<void> {
  await page.goto(url);
  await page.locator("[autofocus]:focus").waitFor();
  await page.keyboard.type(DEMO_PERSON.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(DEMO_PERSON.password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).waitFor();
}

const selected = (page: Page) => page.evaluate("getSelection().toString()") as Promise<string>;

describe("a person whose app is on another computer", () => {
  it.each(SCREENS)(
    "gets its callback URL by keyboard alone, and the app connects, at $width px, $colorScheme",
    async ({ width, colorScheme }) => {
      const request = await rig.newRequest();
      let copied = "";
      const complaints = await rig.withPage(
        async (page) => {
          await signIn(page, request);
          await looksRight(page, `elsewhere-${colorScheme}`);
          await enterAt(page, `button ${ELSEWHERE}`);
          await heading(page, /^Approved/);
          await looksRight(page, `callback-${colorScheme}`);
          await page.keyboard.press("Tab");
          copied = await selected(page);
          await looksRight(page, `callback-selected-${colorScheme}`);
        },
        { viewport: { width, height: 720 }, colorScheme },
      );
      expect(complaints).toEqual([]);
      const { origin, pathname, searchParams } = new URL(copied);
      expect(`${origin}${pathname}`).toBe(rig.callback.url);
      expect([searchParams.get("state"), searchParams.get("iss")]).toEqual([request.state, rig.origin]);
      // The browser itself brought nothing to this computer.
      expect(request.answers()).toEqual([]);
      await tokensOf(request.redeem(searchParams.get("code")));
    },
  );

  it("selects it with one click, sees it again after a reload, and once it was used that it is done", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await signIn(page, request);
      await page.getByRole("button", { name: ELSEWHERE }).press("Space");
      const shown = page.locator("pre");
      const url = await shown.innerText();
      await shown.click();
      expect(await selected(page)).toBe(url);
      await page.reload();
      expect(await shown.innerText()).toBe(url);
      await tokensOf(request.redeem(new URL(url).searchParams.get("code")));
      await page.reload();
      await heading(page, "Already connected");
      expect(await page.content()).not.toContain("code=");
    });
    expect(request.answers()).toEqual([]);
  });

  it("can go back, and have the app of this computer called after all, with the same code", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await signIn(page, request);
      await page.getByRole("button", { name: ELSEWHERE }).press("Space");
      const url = await page.locator("pre").innerText();
      await page.goBack();
      await page.getByRole("button", { name: "Approve" }).press("Space");
      await page.getByText("Back in the app.").waitFor();
      expect(page.url()).toBe(url);
    });
  });
});

describe("a person whose app asks for more", () => {
  it.each(SCREENS)(
    "hears first what is new, and leaves some of it out by keyboard, at $width px, $colorScheme",
    async ({ width, colorScheme }) => {
      // A client of its own: what is granted to one counts for all requests of it.
      const redirectUri = `${rig.callback.url}?screen=${width}-${colorScheme}`;
      const first = await rig.newRequest({ redirectUri, scope: "mcp todo:read" });
      const second = await rig.newRequest({ redirectUri });
      await rig.withPage(
        async (page) => {
          await signIn(page, first);
          await page.getByRole("button", { name: "Approve" }).press("Space");
          await page.getByText("Back in the app.").waitFor();
          await tokensOf(first.redeem(first.answers()[0]?.get("code")));
          await signIn(page, second);
          await looksRight(page, `step-up-${colorScheme}`);
          const groups = await page.getByRole("group").all();
          const labels = groups.map(async (group) => [
            await group.locator("legend").innerText(),
            ...(await group.locator("label").allInnerTexts()),
          ]);
          expect(await Promise.all(labels)).toEqual([
            ["New permissions", "Add to your to-do list", "Delete from your to-do list"],
            ["What you approved before", expect.any(String), "See your to-do list"],
          ]);
          const hint = "You approved an app with this ID before, without what is listed here.";
          expect(await page.getByRole("group", { description: hint }).count()).toBe(1);
          // The second box is that of the second scope that is new.
          for (let boxes = 0; boxes < 2; ) {
            await page.keyboard.press("Tab");
            if ((await page.evaluate(focused)) === "input scope") boxes += 1;
          }
          await page.keyboard.press("Space");
          await enterAt(page, "button Approve");
          await page.getByText("Back in the app.").waitFor();
        },
        { viewport: { width, height: 720 }, colorScheme },
      );
      const tokens = await tokensOf(second.redeem(second.answers()[0]?.get("code")));
      expect(tokens.scope).toBe("mcp todo:read todo:write");
    },
  );
});
