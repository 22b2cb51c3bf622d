import { z } from "zod";
import { isSecureUrl, isUsableUrl } from "../platform/addresses.ts";
import { valueAt } from "./problems.ts";

/**
 * Lets the URLs of a provider be `http://` on a network: credentials and tokens then cross it readable, and whoever is on
 * it can answer in the provider's place. For a network that only you use, such as a cluster's.
 */
export const allowInsecureIssuer: unique symbol = Symbol("allowInsecureIssuer");

/** What a URL must be, as the end of "it must be …". */
export const SECURE_URL =
  "an https:// URL (http:// on this computer only, unless [allowInsecureIssuer] is true)";

const HTTPS = "an https:// URL (http:// on this computer only)";
const BARE = "a URL without a username, a password and a fragment";
const usableUrl = (must: string, isUsable: (url: string) => boolean) =>
  z.string(must).refine(isBare, BARE).refine(isUsable, must);

/** A URL of a service that nobody runs inside a network of their own. */
export const secureUrl = usableUrl(HTTPS, isSecureUrl);

/** What may stand under {@link allowInsecureIssuer}. */
export const insecureIssuerOption = z.boolean("true or false").optional();

/** A URL for secrets. Whether it may be `http://` on a network, {@link secureUrls} checks for the object that it is in. */
export const issuerUrl = usableUrl(SECURE_URL, (url) => isUsableUrl(url, true));

/** Checks the URLs that stand at these paths in an object that may have {@link allowInsecureIssuer}. */
export function secureUrls(...paths: readonly (readonly string[])[]) {
  return ({ value, issues }: z.core.ParsePayload<object>): void => {
    const allowInsecure = allowsInsecureIssuer(value);
    for (const path of paths) {
      const url = valueAt(value, path);
      if (typeof url === "string" && !isUsableUrl(url, allowInsecure)) {
        issues.push({ code: "custom", input: url, path: [...path], message: SECURE_URL });
      }
    }
  };
}

/** What is no URL is not said to have one of these. */
function isBare(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === "" && url.password === "" && url.hash === "");
}

export function allowsInsecureIssuer(options: { readonly [allowInsecureIssuer]?: unknown }): boolean {
  return options[allowInsecureIssuer] === true;
}
