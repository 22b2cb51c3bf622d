import type { TestServer } from "./server.ts";

/** Where our pages are, and what is posted from them. */
export const LOGIN = "/oauth/login";
export const CONSENT = "/oauth/consent";

type Fetches = Pick<TestServer, "fetch">;

/**
 * A person at a browser without a screen: follows our redirects, keeps cookies, fills in forms, and stops where the
 * server sends them back to the client.
 */
export type Browser = {
  /** One request with this browser's cookies; redirects are not followed. */
  request(url: string, init?: RequestInit): Promise<Response>;
  /** A page's form, posted as a browser posts it. */
  submit(
    url: string,
    fields: URLSearchParams | Readonly<Record<string, string>>,
    init?: RequestInit,
  ): Promise<Response>;
  /** The cookies, for a test that carries them elsewhere. */
  cookie(): string;
};

export function openBrowser(server: Fetches, origin = "https://mcp.example"): Browser {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const request = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0 && !headers.has("cookie")) headers.set("cookie", cookie());
    const response = await server.fetch(
      new Request(new URL(url, origin), { ...init, headers, redirect: "manual" }),
    );
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  return {
    request,
    cookie,
    submit: (url, fields, init = {}) =>
      request(url, {
        method: "POST",
        body: new URLSearchParams(fields).toString(),
        ...init,
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "sec-fetch-site": "same-origin",
          origin: "null",
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
  };
}

/** The sealed request of one of our pages, from its address. */
export function stateOf(location: string | null): string {
  return new URL(location ?? "", "https://mcp.example").searchParams.get("state") ?? "";
}

/** Where on this server a redirect leads to; "/" where there is none. */
export function pathOf(response: Response): string {
  return new URL(response.headers.get("location") ?? "http://none/").pathname;
}

export type Consent = { readonly location: string; readonly state: string };

/** From an authorize URL through sign-in to the consent page. */
export async function signIn(
  browser: Browser,
  authorizeUrl: string,
  username = "ada",
  password = "lovelace",
): Promise<Consent> {
  const toLogin = await browser.request(authorizeUrl);
  const state = stateOf(toLogin.headers.get("location"));
  const toConsent = await browser.submit(LOGIN, { state, username, password });
  const location = toConsent.headers.get("location");
  if (location === null) throw new Error(`sign-in answered ${toConsent.status}: ${await toConsent.text()}`);
  return { location, state: stateOf(location) };
}

/** The decision on the consent page: where it sends the person. */
export async function decide(
  browser: Browser,
  state: string,
  decision: "approve" | "approve_elsewhere" | "deny",
  scopes: readonly string[] = [],
): Promise<Response> {
  const fields = new URLSearchParams({ state, decision });
  for (const scope of scopes) fields.append("scope", scope);
  return browser.submit(CONSENT, fields);
}

/** What the client hears: where the person is redirected to, or where the page in place of a redirect links to. */
export async function answerOf(response: Response): Promise<string> {
  const [, link] = /<a class="button[^>]*href="([^"]*)"/.exec(await response.text()) ?? [];
  return response.headers.get("location") ?? link?.replaceAll("&amp;", "&") ?? "";
}

/** The callback URL that a page shows to copy; undefined where it shows none. */
export function callbackShown(html: string): string | undefined {
  const [, shown] = /<pre class="whole"[^>]*>([^<]*)<\/pre>/.exec(html) ?? [];
  return shown?.replaceAll("&amp;", "&");
}
