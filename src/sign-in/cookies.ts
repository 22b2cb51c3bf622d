import { randomId } from "../platform/random.ts";

/** Names and flags of our cookies. `__Host-` needs Secure, which browsers refuse on plain http (RFC 6265bis §4.1.3.2). */
export type Cookies = {
  /** The id of the browser that asks, which binds a sealed request to it; undefined at its first visit. */
  browser(request: Request): string | undefined;
  /** The same, and at its first visit the `Set-Cookie` that gives it one. */
  ensureBrowser(request: Request): { readonly id: string; readonly setCookies: readonly string[] };
  session(request: Request): string | undefined;
  setSession(sealed: string, seconds: number): string;
};

export function createCookies(issuer: string): Cookies {
  const secure = issuer.startsWith("https:");
  const prefix = secure ? "__Host-" : "";
  const names = { browser: `${prefix}gatehouse-browser`, session: `${prefix}gatehouse-session` };
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return {
    browser: (request) => readCookie(request, names.browser),
    ensureBrowser(request) {
      const known = readCookie(request, names.browser);
      if (known !== undefined) return { id: known, setCookies: [] };
      const id = randomId();
      return { id, setCookies: [`${names.browser}=${id}; ${flags}`] };
    },
    session: (request) => readCookie(request, names.session),
    setSession: (sealed, seconds) => `${names.session}=${sealed}; Max-Age=${seconds}; ${flags}`,
  };
}

function readCookie(request: Request, name: string): string | undefined {
  // Spaces and tabs alone, where `trim` would take away any white space: a browser lets a sibling site set "\xA0__Host-…",
  // which it does not take for a name with that prefix, and neither may we (RFC 6265bis §4.1.3).
  for (const part of request.headers.get("cookie")?.split(";") ?? []) {
    const pair = part.replace(/^[ \t]+/, "");
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1) || undefined;
  }
  return undefined;
}
