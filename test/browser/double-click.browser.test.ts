import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { DEMO_PERSON } from "../../src/demo/server.ts";
import { type Rig, startRig } from "./rig.ts";

/** Where the attacker's pages are. The test answers for them. */
const FOREIGN = "https://evil.example";
/** Tall enough for a whole consent page, so that the attack does not need to scroll. */
const TALL = { viewport: { width: 1000, height: 1400 }, ignoreHTTPSErrors: true };

const DECIDES = /^(Approve|Continue to this website)$/;

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});

afterAll(() => rig?.close());

describe("a foreign page that asks for a double click and closes at the first half", () => {
  it("does not get the second half for Approve; a person who stays can approve", async () => {
    const evil = await startSignedIn();
    await rig.withPage(async (page) => {
      await signIn(page, evil.signIn);
      const tab = await doubleClickOver(page, evil.request.url, "button");
      // A click that was not taken would arrive within this time.
      await page.waitForTimeout(500);
      expect(new URL(tab.url()).pathname).toBe("/oauth/consent");
      await tab.getByRole("button", { name: "Approve" }).click();
      await tab.getByText("Back in the app.").waitFor();
      expect(evil.request.answers().map((answer) => answer.has("code"))).toEqual([true]);
    }, TALL);
  });

  it("does not get it for the link to a website that nobody vouches for", async () => {
    const evil = await startSignedIn("https://phish.example/callback");
    const wrong = new URL(evil.request.url);
    wrong.searchParams.set("code_challenge_method", "plain");
    await rig.withPage(async (page) => {
      await page.context().route("https://phish.example/**", (route) => route.fulfill({ body: "Phished." }));
      const tab = await doubleClickOver(page, wrong.href, "link");
      await page.waitForTimeout(500);
      expect(new URL(tab.url()).pathname).toBe("/oauth/authorize");
      await tab.getByRole("link", { name: "Continue" }).click();
      await tab.getByText("Phished.").waitFor();
    }, TALL);
  });
});

describe("a link to the sign-in with a fragment", () => {
  it.each(["#scope-0", "#:~:text=Approve"])(
    "%s does not scroll our pages or focus anything",
    async (fragment) => {
      const evil = await startSignedIn();
      await rig.withPage(
        async (page) => {
          await page.goto(`${evil.signIn}${fragment}`);
          expect(new URL(page.url()).hash).toBe("#top");
          await signIn(page, undefined);
          await page.goto(`${evil.request.url}${fragment}`);
          expect(new URL(page.url()).pathname).toBe("/oauth/consent");
          expect(new URL(page.url()).hash).toBe("#top");
          expect(await page.evaluate("scrollY")).toBe(0);
          expect(await page.getByRole("button", { name: "Approve" }).boundingBox()).toMatchObject({
            y: expect.toSatisfy((y: number) => y > 500) as number,
          });
        },
        { viewport: { width: 1000, height: 500 }, ignoreHTTPSErrors: true },
      );
    },
  );
});

/** A server on a network, where sign-ins last, with the request of a person and that of an attacker's client. */
async function startSignedIn(redirectUri?: string) {
  const { server, resource: at } = await rig.startOnNetwork();
  onTestFinished(() => server.close());
  const [own, request] = [
    await rig.newRequest({ at }),
    await rig.newRequest({ at, scope: "mcp", ...(redirectUri && { redirectUri }) }),
  ];
  return { signIn: own.url, request };
}

async function signIn(page: Page, url: string | undefined): Promise<void> {
  if (url !== undefined) await page.goto(url);
  await page.getByLabel("Username").fill(DEMO_PERSON.username);
  await page.getByLabel("Password").fill(DEMO_PERSON.password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).waitFor();
}

/**
 * Clicks on the foreign page at the place where our page will have what decides. That opens a popup, under which the foreign
 * page goes to ours. The first half of the double click closes the popup, the second half is for what was under it.
 */
async function doubleClickOver(page: Page, url: string, decides: "button" | "link"): Promise<Page> {
  const context = page.context();
  // As the attacker does beforehand: where is it, in a window of this size?
  await page.goto(url);
  const target = page.getByRole(decides, { name: DECIDES });
  const { x = 0, y = 0, width = 0, height = 0 } = (await target.boundingBox()) ?? {};
  const style = `position:fixed;left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
  await context.route(`${FOREIGN}/**`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: route.request().url().endsWith("/popup")
        ? `<h1>Double-click here</h1><script>opener.location = ${JSON.stringify(url)}; onmousedown = () => close()</script>`
        : `<button style="${style}" onclick="open('/popup', '', 'width=400,height=300')">Start</button>`,
    }),
  );
  const tab = await context.newPage();
  await tab.goto(FOREIGN);
  const [popup] = await Promise.all([context.waitForEvent("page"), tab.getByRole("button").click()]);
  await tab.getByRole(decides, { name: DECIDES }).waitFor();
  // The first half ends with the popup, before it is answered.
  const closed = popup.waitForEvent("close");
  await Promise.all([closed, popup.mouse.down().catch(() => undefined)]);
  // The pointer has not moved since the first click.
  await tab.mouse.down();
  await tab.mouse.up();
  return tab;
}
