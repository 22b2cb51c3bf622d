import { z } from "zod";
import { BUILT_IN_REDIRECTS, REDIRECT_ENTRY, readRedirectEntry } from "../core/redirect-list.ts";
import type { Settings } from "./settings.ts";

const redirectEntry = z.string(REDIRECT_ENTRY).transform((text, context) => {
  const read = readRedirectEntry(text);
  if ("entry" in read) return read.entry;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});
const redirectList = z.array(redirectEntry, "a list of hosts and schemes");

/** Which clients may come by themselves, and where people are sent. */
export const redirectOptions = {
  /** Whether clients may register themselves (RFC 7591). Default true. */
  registration: z.boolean("true or false").default(true),
  /** Whether a `client_id` may be the URL of a metadata document. Default true. */
  clientIdMetadataDocuments: z.boolean("true or false").default(true),
  /** Hosts and schemes that people are sent to without a click, beside those of well-known clients. */
  trustedRedirects: redirectList.default([]),
  /** Whether the hosts and schemes of well-known clients are among them. Default true. */
  builtInRedirects: z.boolean("true or false").default(true),
  /** The only hosts and schemes that clients may send people to, beside this computer. Default: any. */
  redirectHosts: redirectList.optional(),
};
type RedirectOptions = z.output<z.ZodObject<typeof redirectOptions>>;

export function redirectSettings(
  parsed: RedirectOptions,
): Pick<Settings, "registration" | "clientIdMetadataDocuments" | "trustedRedirects" | "redirectHosts"> {
  return {
    registration: parsed.registration,
    clientIdMetadataDocuments: parsed.clientIdMetadataDocuments,
    trustedRedirects: new Set([
      ...(parsed.builtInRedirects ? BUILT_IN_REDIRECTS : []),
      ...parsed.trustedRedirects,
    ]),
    redirectHosts: parsed.redirectHosts && new Set(parsed.redirectHosts),
  };
}
