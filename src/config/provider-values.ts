import { z } from "zod";
import { issuerUrl, secureUrl } from "./allow-insecure-issuer.ts";

// Values that providers have in common. Those of `protect` and those of sign-in are written alike.

/** A host as consoles show it, with or without `https://` before it. */
export const host = (example: string) => {
  const must = `a host, such as "${example}"`;
  return z
    .string(must)
    .transform((value) => value.replace(/^https:\/\//i, "").replace(/\/$/, ""))
    .refine((value) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i.test(value), must);
};

/** A URL that is the beginning of others: one slash at its end does not count. */
export const baseUrl = secureUrl.transform(withoutSlash);

/** The same of a provider that people run themselves, maybe inside a network: `secureUrls` says which may be http://. */
export const ownBaseUrl = issuerUrl.transform(withoutSlash);

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

/** A GUID, in the lower case in which tokens have it. */
export const guid = (what: string) => {
  const must = `${what}, a GUID such as "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21"`;
  return z
    .string(must)
    .transform((value) => value.toLowerCase())
    .refine((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value), must);
};

/** A part of a path, which must not become several. */
export const segment = (must: string) => z.string(must).regex(/^[A-Za-z0-9._~-]+$/, must);
