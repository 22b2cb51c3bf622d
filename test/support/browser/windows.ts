import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { PASSWORD } from "../users.ts";
import { focused, lowContrast, outside, unlabelled } from "./in-page.js";
import { launchBrowser } from "./launch.ts";

/** A window with cookies of its own. */
export type Window = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What its pages wrote to the console, and their errors that nothing caught. */
  readonly complaints: readonly string[];
};

/** What somebody does is tried on two screens: `pages.browser.test.ts` has each page narrow and wide, light and dark. */
export const SCREENS = [
  { width: 1280, colorScheme: "light" },
  { width: 320, colorScheme: "dark" },
] as const;

/** The same, where it also matters where the server is. */
export const PLACES_AND_SCREENS = [
  { kind: "network", width: 320, colorScheme: "dark" },
  { kind: "loopback", width: 1280, colorScheme: "light" },
] as const;

/** A browser for all tests of the file that calls it. @returns what opens a window, which closes with its test */
export function windows(): (options?: BrowserContextOptions) => Promise<Window> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return async (options = {}) => {
    if (!browser) throw new Error("a window was opened outside of a test");
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    onTestFinished(() => context.close());
    const complaints = complaintsIn(context);
    return { page: await context.newPage(), context, complaints };
  };
}

/** What the pages of a context write to the console from now on, and their errors that nothing catches. */
export function complaintsIn(context: BrowserContext): readonly string[] {
  const complaints: string[] = [];
  context.on("console", (message) => {
    // A test may type before the page has put the focus where people type.
    if (!message.text().startsWith("Autofocus processing was blocked")) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  return complaints;
}

/** Nothing is cut off or too pale, and every field has a label. @param name that of a {@link picture}, if there is to be one */
export async function looksRight(page: Page, name?: string): Promise<void> {
  expect(await page.evaluate(outside)).toEqual([]);
  expect(await page.evaluate(lowContrast)).toEqual([]);
  expect(await page.evaluate(unlabelled)).toEqual([]);
  if (name !== undefined) await picture(page, name);
}

/** For a developer who looks at the pages: each as it is, with its width in the name, where SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const { width } = page.viewportSize() ?? { width: 0 };
  await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
}

/** Waits for a page, or a section of one, by its heading. A string is the whole of it. */
export const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { name, exact: true }).waitFor();

/** Types Ada's name and a password into the login page that the URL leads to. */
export async function typePassword(page: Page, url: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

/** Tabs to a button or a field, and presses Enter there: no mouse. */
export async function enterAt(page: Page, stop: string, most = 60): Promise<void> {
  for (let stops = 0; stops < most; stops++) {
    if ((await page.evaluate(focused)) === stop) return page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${stop}`);
}
