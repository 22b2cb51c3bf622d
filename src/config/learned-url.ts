import { OAuthError } from "../core/errors.ts";
import { shown } from "../core/shown.ts";
import { isUsableUrl } from "../platform/addresses.ts";
import type { Discovered } from "../platform/provider/discovery.ts";
import { SECURE_URL } from "./allow-insecure-issuer.ts";

/**
 * A URL that a provider's metadata names. It is checked as one of the options is: credentials and keys go by it.
 * @throws OAuthError `temporarily_unavailable` where it is missing or may not be used
 */
export function learnedUrl(
  { document }: Pick<Discovered, "document">,
  name: string,
  { allowInsecure }: { readonly allowInsecure: boolean },
): string {
  const url = document[name] ?? undefined;
  if (url === undefined) throw unusable(`its metadata has no ${name}; set it as an option`);
  if (typeof url === "string" && isUsableUrl(url, allowInsecure)) return url;
  throw unusable(`its metadata names ${shown(withoutPassword(url))} as ${name}, which is not ${SECURE_URL}`);
}

function withoutPassword(url: unknown): unknown {
  return typeof url === "string" ? url.replace(/\/\/.*@/s, "//...@") : url;
}

function unusable(detail: string): OAuthError {
  return new OAuthError("temporarily_unavailable", "The identity provider's metadata cannot be used.", {
    detail,
  });
}
