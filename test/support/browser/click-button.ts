import type { Page } from "playwright-core";

/**
 * Clicks a button for a person whose mouse has been over the page while they read: a page takes no click before the pointer has settled.
 * A busy machine takes its time.
 */
export async function clickButton(page: Page, name: string | RegExp): Promise<void> {
  const button = page.getByRole("button", { name, exact: typeof name === "string" });
  // Over the page with the button: a move over the one before it says nothing of this one.
  await button.waitFor();
  await page.mouse.move(1, 1);
  await page.mouse.move(2, 2);
  await button.click({ timeout: 20_000 });
}
