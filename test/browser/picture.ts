import { join } from "node:path";
import { launchBrowser } from "../support/browser/launch.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { SAMPLES } from "./samples.ts";

/** Makes the README's picture of the consent page: `npm run picture`, after a change to that page. */
const browser = await launchBrowser();
const page = await browser.newPage({
  viewport: { width: 480, height: 400 },
  deviceScaleFactor: 1.25,
  colorScheme: "light",
});
await page.setContent(SAMPLES["consent-https"] ?? "");
await page.screenshot({ path: join(CHECKOUT, "docs/consent-page.png"), fullPage: true });
await browser.close();
