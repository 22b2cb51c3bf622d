import type { OAuthError } from "../core/errors.ts";
import { json } from "../platform/json.ts";
import { textResponse } from "../platform/text-response.ts";

/** Answers hold tokens, secrets or what one person may see (RFC 6749 §5.1). */
const NO_STORE = { "Cache-Control": "no-store" } as const;

export function jsonResponse(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return textResponse(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...NO_STORE, ...headers },
  });
}

/** A document that is the same for everyone, and that caches may keep for so long. */
export function publicJson(document: unknown, maxAgeSeconds: number): Response {
  return json(document, { headers: { "Cache-Control": `public, max-age=${maxAgeSeconds}` } });
}

/** RFC 6749 §5.2, and 7591 §3.2.2, which has the same form. */
export function errorResponse(error: OAuthError): Response {
  return jsonResponse({ error: error.code, error_description: error.description }, error.status, {
    ...retryAfter(error),
    ...(error.challenge === undefined ? {} : { "WWW-Authenticate": error.challenge }),
  });
}

/** The header that says when to try again, where the error says so. */
export function retryAfter({
  retryAfterSeconds,
}: Pick<OAuthError, "retryAfterSeconds">): Readonly<Record<string, string>> {
  return retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
}

/** What a page with inline scripts may load. @param styles the same without them. @param hashes of the scripts, as `script-src` names them: `'sha256-…'` */
export function withScripts(styles: string, hashes: readonly string[]): string {
  return hashes.length === 0 ? styles : `${styles}; script-src ${[...new Set(hashes)].join(" ")}`;
}
/** What a page may load, with pictures as well. @param sources of the pictures, as `img-src` names them: `https://img.example` */
export function withPictures(policy: string, sources: readonly string[]): string {
  if (sources.length === 0) return policy;
  const wrong = sources.find((source) => !PICTURE_SOURCE.test(source));
  if (wrong !== undefined) throw new Error(`A page cannot have the source of pictures ${wrong}.`);
  const directives = policy.split("; ");
  // Of two directives of one name, browsers read the first (CSP Level 3 §2.2.1).
  const { pictures = [], others = [] } = Object.groupBy(directives, (directive) =>
    directive.startsWith("img-src ") ? "pictures" : "others",
  );
  const before = pictures.flatMap((directive) => directive.split(" ").slice(1));
  return [...others, `img-src ${[...new Set([...before, ...sources])].join(" ")}`].join("; ");
}

/** What stays one source of one directive (CSP Level 3 §2.3.1). */
const PICTURE_SOURCE = /^(?:data:|https:\/\/[a-z0-9.-]+(?::\d+)?)$/;

/** What an operator's login template may load besides: styles, images and fonts, still no script. */
export const TEMPLATE_STYLES =
  "style-src 'unsafe-inline' 'self' https:; img-src 'self' https: data:; font-src 'self' https: data:";

/**
 * A page. No `form-action`: Chromium applies it to the whole chain of redirects that follows a form, and the Approve
 * button would die on `cursor://`.
 * @param styles what `style-src` (and for an operator's own template, images and fonts; for a page with scripts, `script-src`) may be.
 */
export function htmlResponse(
  html: string,
  styles: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": `default-src 'none'; ${styles}; base-uri 'none'; frame-ancestors 'none'`,
      "X-Frame-Options": "DENY",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      ...NO_STORE,
      ...headers,
    },
  });
}

/** To one of our own pages. */
export function seeOther(location: string, cookies: readonly string[] = []): Response {
  const headers = { Location: location, ...NO_STORE, "Referrer-Policy": "no-referrer" };
  return withCookies(new Response(null, { status: 303, headers }), cookies);
}

/** The same answer with these `Set-Cookie` lines. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(body, { status, statusText, headers });
}

/** A page is no OAuth answer: 401 would make the browser ask for a password of its own. */
export function pageStatus(error: OAuthError): number {
  return error.pageStatus ?? (error.status === 401 ? 400 : error.status);
}
