import type { Look } from "./look.ts";

/** In their order: most browsers also claim to be the ones that were there before them. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOPiOS\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChrome\/|\bCriOS\/|\bChromium\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b|\biPod\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b|\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/**
 * A `User-Agent` header, as people say it: "Chrome on Windows". A browser can send any text, so it is a hint and no proof, and
 * nothing of it is shown but names of these lists.
 */
export function browserInWords(userAgent: string | undefined, { texts }: Pick<Look, "texts">): string {
  const browser = nameIn(BROWSERS, userAgent);
  const system = nameIn(SYSTEMS, userAgent);
  if (browser === undefined)
    return system === undefined ? texts.browser.unknown : texts.browser.anyOn(system);
  return system === undefined ? browser : texts.browser.on(browser, system);
}

function nameIn(table: readonly (readonly [RegExp, string])[], userAgent = ""): string | undefined {
  return table.find(([pattern]) => pattern.test(userAgent))?.[1];
}
