import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { DEMO_PERSON } from "../../src/demo/server.ts";
import { focused, lowContrast, outside, paneOver, unlabelled } from "../support/browser/in-page.js";
import { SCREENS } from "../support/browser/windows.ts";
import { tokensOf } from "../support/client.ts";
import { testCertificate } from "../support/https-origin.ts";
import { reach } from "../support/network.ts";
import { steal } from "../support/thief.ts";
import { ALL_SCOPES, type Rig, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});

afterAll(() => rig?.close());

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Username").fill(DEMO_PERSON.username);
  await page.getByLabel("Password").fill(DEMO_PERSON.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Approve" }).waitFor();
}

/** A busy machine takes longer than a poll waits by itself. */
const LONG = { timeout: 20_000 };

/** The button, for a person whose mouse has been over the page while they read. */
async function decision(page: Page, name: "Approve" | "Deny"): Promise<Locator> {
  const button = page.getByRole("button", { name });
  await button.waitFor();
  await page.mouse.move(1, 1);
  await expect.poll(() => page.locator(".settled").evaluate(paneOver), LONG).toBe("hidden");
  return button;
}

const backInTheApp = (page: Page) => page.getByText("Back in the app.").waitFor();

describe("a person in a browser", () => {
  it.each(SCREENS)(
    "mistypes, signs in, unticks and approves, at $width px, $colorScheme",
    async ({ width, colorScheme }) => {
      const request = await rig.newRequest();
      const complaints = await rig.withPage(
        async (page) => {
          const fits = async () => {
            expect(await page.evaluate(outside)).toEqual([]);
            expect(await page.evaluate(lowContrast)).toEqual([]);
            expect(await page.evaluate(unlabelled)).toEqual([]);
          };
          await page.goto(request.url);
          await fits();
          await page.getByLabel("Username").fill(DEMO_PERSON.username);
          await page.getByLabel("Password").fill("demo124");
          await page.getByRole("button", { name: "Sign in" }).click();
          await page.getByRole("alert").waitFor();
          expect(await page.getByRole("alert").textContent()).toContain("Incorrect username or password.");
          expect(await page.getByLabel("Username").inputValue()).toBe(DEMO_PERSON.username);
          expect(await page.getByLabel("Password").inputValue()).toBe("");
          await fits();
          await signIn(page);
          await fits();
          const text = (await page.locator("main").textContent()) ?? "";
          for (const told of ["Browser test", "Demo Person", "this computer", "list_todos", "create_todo"]) {
            expect(text).toContain(told);
          }
          await page.getByLabel("Delete from your to-do list").uncheck();
          await (await decision(page, "Approve")).click();
          await backInTheApp(page);
        },
        { viewport: { width, height: 720 }, colorScheme },
      );
      // The wrong password is a 403, which the browser notes.
      expect(complaints.filter((text) => !text.includes("status of 403"))).toEqual([]);
      const [answer] = request.answers();
      expect([...(answer?.keys() ?? [])].sort()).toEqual(["code", "iss", "state"]);
      expect(answer?.get("iss")).toBe(rig.origin);
      const tokens = await tokensOf(request.redeem(answer?.get("code")));
      expect(tokens.scope).toBe("mcp todo:read todo:write");
    },
  );

  it("denies, and the client is told so", async () => {
    const request = await rig.newRequest();
    const complaints = await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      await (await decision(page, "Deny")).click();
      await backInTheApp(page);
    });
    expect(complaints).toEqual([]);
    const [answer] = request.answers();
    expect(answer?.get("error")).toBe("access_denied");
    expect(answer?.get("iss")).toBe(rig.origin);
    expect(answer?.has("code")).toBe(false);
  });

  it("denies, and the program that was denied cannot approve itself with the cookies that it was sent", async () => {
    // Visited while the consent page is open, as by a link or an image, and once more by the answer.
    const redirectUri = rig.callback.url.replace("127.0.0.1", "localhost");
    const [request, earlier] = [await rig.newRequest({ redirectUri }), rig.callback.cookies.length];
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      await (await page.context().newPage()).goto(redirectUri);
      await (await decision(page, "Deny")).click();
      await backInTheApp(page);
    });
    const cookies = rig.callback.cookies.slice(earlier);
    expect(cookies).toEqual([expect.stringMatching(/^gatehouse-request-[\w-]{8}=\S+$/), ""]);
    const { clientId } = request;
    expect(await steal(reach(rig.origin), { cookies, states: [], clientId, redirectUri })).toEqual([]);
  });

  it("gets along with the keyboard alone", async () => {
    // A client of its own, of which nothing was approved before.
    const request = await rig.newRequest({ redirectUri: `${rig.callback.url}?keyboard` });
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await page.locator("[autofocus]:focus").waitFor();
      await page.keyboard.type(DEMO_PERSON.username);
      await page.keyboard.press("Tab");
      await page.keyboard.type(DEMO_PERSON.password);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Approve" }).waitFor();
      await tabTo(page, "input scope");
      await page.keyboard.press("Space");
      await tabTo(page, "button Approve");
      await page.keyboard.press("Enter");
      await backInTheApp(page);
    });
    const tokens = await tokensOf(request.redeem(request.answers()[0]?.get("code")));
    // The first checkbox that can be reached: `mcp` is locked.
    expect(tokens.scope).toBe("mcp todo:write todo:delete");
  });

  it("is asked for a password once, and for every client whether it may", async () => {
    const secure = await rig.startOnNetwork();
    onTestFinished(() => secure.server.close());
    const at = secure.resource;
    const [first, second] = [await rig.newRequest({ at }), await rig.newRequest({ at, scope: "mcp" })];
    await rig.withPage(
      async (page) => {
        await page.goto(first.url);
        await signIn(page);
        await (await decision(page, "Approve")).click();
        await backInTheApp(page);
        await page.goto(second.url);
        await page.getByRole("button", { name: "Approve" }).waitFor();
        expect(await page.getByLabel("Username").count()).toBe(0);
        await page.getByRole("link", { name: "another account" }).click();
        await signIn(page);
        await (await decision(page, "Approve")).click();
        await backInTheApp(page);
      },
      { ignoreHTTPSErrors: true },
    );
    await tokensOf(second.redeem(second.answers()[0]?.get("code")));
  });

  it("is asked for the password for every client of a server on this computer", async () => {
    const [first, second] = [await rig.newRequest(), await rig.newRequest({ scope: "mcp" })];
    await rig.withPage(async (page) => {
      await page.goto(first.url);
      await signIn(page);
      await (await decision(page, "Approve")).click();
      await backInTheApp(page);
      await page.goto(second.url);
      expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
      await signIn(page);
      await page.getByRole("link", { name: "another account" }).click();
      await signIn(page);
      await (await decision(page, "Deny")).click();
      await backInTheApp(page);
    });
    expect(second.answers()[0]?.get("error")).toBe("access_denied");
  });

  it("opens the server's address and finds out how to connect", async () => {
    const complaints = await rig.withPage(async (page) => {
      await page.goto(`${rig.origin}/`);
      expect(await page.getByLabel("MCP server URL").inputValue()).toBe(rig.resource);
      for (const client of ["Claude Code", "VS Code", "Cursor", "MCP Inspector"]) {
        const details = page.locator("details").filter({ has: page.getByText(client, { exact: true }) });
        await details.locator("summary").click();
        expect(await details.locator("pre").first().textContent()).not.toBe("");
      }
      expect(await page.locator("pre:visible").allInnerTexts()).toContain(rig.resource);
      expect(await page.evaluate(outside)).toEqual([]);
    });
    expect(complaints).toEqual([]);
  });
});

describe("impatience", () => {
  it("a double click on Approve connects", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      await (await decision(page, "Approve")).dblclick();
      await backInTheApp(page);
    });
    await tokensOf(request.redeem(request.answers().at(-1)?.get("code")));
  });

  it("a second click while the first one is answered gets the same code", async () => {
    const slow = await rig.mountSlowly();
    onTestFinished(slow.close);
    const request = await rig.newRequest({ at: slow.resource });
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      const approve = await decision(page, "Approve");
      await approve.scrollIntoViewIfNeeded();
      const { x = 0, y = 0 } = (await approve.boundingBox()) ?? {};
      await page.mouse.click(x + 5, y + 5);
      await expect.poll(() => slow.codes.length, LONG).toBe(1);
      await page.mouse.click(x + 5, y + 5);
      await backInTheApp(page);
    });
    expect(slow.codes[1]).toBe(slow.codes[0]);
    expect(request.answers()).toHaveLength(1);
    await tokensOf(request.redeem(request.answers()[0]?.get("code")));
  });

  it("going back and approving again gives the same code", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      await (await decision(page, "Approve")).click();
      await backInTheApp(page);
      await page.goBack();
      await (await decision(page, "Approve")).click();
      await backInTheApp(page);
    });
    const [first, second] = request.answers().map((answer) => answer.get("code"));
    expect(second).toBe(first);
    await tokensOf(request.redeem(second));
  });

  it("going back after the client has connected says so, and signs nobody out", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      await (await decision(page, "Approve")).click();
      await backInTheApp(page);
      const tokens = await tokensOf(request.redeem(request.answers()[0]?.get("code")));
      await page.goBack();
      await (await decision(page, "Approve")).click();
      await page.getByText("Already connected").first().waitFor();
      expect(request.answers()).toHaveLength(1);
      await tokensOf(request.refresh(tokens.refresh_token));
    });
  });

  it("two tabs at once do not get into each other's way", async () => {
    const [left, right] = [await rig.newRequest(), await rig.newRequest({ scope: "mcp" })];
    await rig.withPage(async (leftTab) => {
      const rightTab = await leftTab.context().newPage();
      await leftTab.goto(left.url);
      await rightTab.goto(right.url);
      await signIn(leftTab);
      await signIn(rightTab);
      await (await decision(rightTab, "Approve")).click();
      await (await decision(leftTab, "Approve")).click();
      await Promise.all([backInTheApp(rightTab), backInTheApp(leftTab)]);
    });
    expect((await tokensOf(left.redeem(left.answers()[0]?.get("code")))).scope).toBe(ALL_SCOPES);
    expect((await tokensOf(right.redeem(right.answers()[0]?.get("code")))).scope).toBe("mcp");
  });

  it("a reload of each page goes on", async () => {
    const request = await rig.newRequest();
    await rig.withPage(async (page) => {
      await page.goto(request.url);
      await page.reload();
      await signIn(page);
      await page.reload();
      await (await decision(page, "Approve")).click();
      await backInTheApp(page);
    });
    await tokensOf(request.redeem(request.answers()[0]?.get("code")));
  });
});

describe("where the answer goes", () => {
  it("to an app on this device through a page that links on", async () => {
    const redirectUri = "cursor://anysphere.cursor-mcp/oauth/callback";
    const request = await rig.newRequest({ redirectUri });
    let code: string | null = null;
    const complaints = await rig.withPage(async (page) => {
      await page.goto(request.url);
      await signIn(page);
      expect(await page.locator("main").textContent()).toContain("cursor://anysphere.cursor-mcp");
      await (await decision(page, "Approve")).click();
      await page.getByRole("heading", { name: "Approved" }).waitFor();
      const link = new URL(
        (await page.getByRole("link", { name: "Open the app" }).getAttribute("href")) ?? "",
      );
      expect(link.href).toContain(redirectUri);
      expect(link.searchParams.get("state")).toBe(request.state);
      expect(link.searchParams.get("iss")).toBe(rig.origin);
      code = link.searchParams.get("code");
    });
    // No browser here has the app that cursor:// belongs to; being asked for it is what the page is for.
    expect(complaints.filter((text) => !text.includes("cursor://"))).toEqual([]);
    await tokensOf(request.redeem(code));
  });

  it.each([
    ["a network", () => rig.startOnNetwork(), ["__Host-gatehouse-browser", "__Host-gatehouse-session"]],
    [
      "this computer",
      () => rig.startAnother({ tls: testCertificate }),
      [expect.stringMatching(/^__Host-gatehouse-request-/) as string],
    ],
  ])("from https on %s to a client on this computer, under __Host- cookies", async (_name, start, names) => {
    const secure = await start();
    onTestFinished(() => secure.server.close());
    const request = await rig.newRequest({ at: secure.resource });
    const complaints = await rig.withPage(
      async (page) => {
        await page.goto(request.url);
        await signIn(page);
        const cookies = await page.context().cookies();
        expect(cookies.map(({ name }) => name)).toEqual(names);
        expect(cookies.every(({ secure, httpOnly }) => secure && httpOnly)).toBe(true);
        await (await decision(page, "Approve")).click();
        await backInTheApp(page);
      },
      { ignoreHTTPSErrors: true },
    );
    expect(complaints).toEqual([]);
    expect(request.answers()[0]?.get("iss")).toBe(new URL(secure.resource).origin);
    await tokensOf(request.redeem(request.answers()[0]?.get("code")));
  });

  it("nowhere for a client that is not registered: a page says what to do", async () => {
    const wrong = new URL((await rig.newRequest()).url);
    wrong.searchParams.set("client_id", "dcr_unknown");
    await rig.withPage(async (page) => {
      const response = await page.goto(wrong.href);
      expect(response?.status()).toBe(400);
      const text = (await page.locator("main").textContent()) ?? "";
      expect(text).toContain("not registered here");
      expect(text).toMatch(/Reference ID: \S{8,}/);
      expect(await page.locator("a").count()).toBe(0);
      expect(page.url()).toContain(rig.origin);
    });
  });

  it("nowhere for an address that the client did not register", async () => {
    const wrong = new URL((await rig.newRequest()).url);
    wrong.searchParams.set("redirect_uri", `${rig.callback.url}/elsewhere`);
    await rig.withPage(async (page) => {
      expect((await page.goto(wrong.href))?.status()).toBe(400);
      // Named, so that its developer sees what is wrong, and not to be followed.
      expect(await page.getByText(`${rig.callback.url}/elsewhere`).count()).toBe(1);
      expect(await page.locator("a").count()).toBe(0);
    });
  });
});

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(focused)) === wanted) return;
  }
  throw new Error(`Tab does not reach ${wanted}`);
}
