import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { authorize, authorizeUrl, newPkce, REDIRECT_URI, redeem, type Tokens, tokensOf } from "./client.ts";
import { type Browser, openBrowser, stateOf } from "./person.ts";
import { startServer, type TestServer, type TestServerParts } from "./server.ts";

/** A client of which the operator says that its consent is remembered. */
export const REPORTS = {
  id: "reports",
  name: "Reports",
  redirectUris: [REDIRECT_URI],
  rememberConsent: true,
};

type Params = Readonly<Record<string, string | undefined>>;

/** How a request ends for a person who only follows redirects: with a code, on a page, or with an error for the client. */
export type Ending =
  | { readonly kind: "code"; readonly code: string; readonly verifier: string; readonly url: string }
  | { readonly kind: "error"; readonly error: string }
  | {
      readonly kind: "page";
      readonly path: string;
      readonly status: number;
      readonly html: string;
      readonly state: string;
      readonly url: string;
    };

/** Opens an authorization request of the client and follows our redirects. */
export async function ask(
  browser: Browser,
  params: Params = {},
  { clientId = REPORTS.id, headers = {} as Readonly<Record<string, string>> } = {},
): Promise<Ending> {
  const { verifier, challenge } = newPkce();
  return followToEnd(browser, authorizeUrl(clientId, challenge, params), verifier, headers);
}

/** Opens one, and stays before its first page: that is at `location`. */
export async function begin(browser: Browser, params: Params = {}) {
  const { verifier, challenge } = newPkce();
  const answer = await browser.request(authorizeUrl(REPORTS.id, challenge, params));
  const location = answer.headers.get("location") ?? "";
  return { location, state: stateOf(location), verifier };
}

export async function followToEnd(
  browser: Browser,
  from: string,
  verifier = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  let url = from;
  for (let hops = 0; hops < 5; hops += 1) {
    const response = await browser.request(url, { headers });
    const location = response.headers.get("location");
    if (location === null) {
      const { pathname, searchParams } = new URL(url);
      const [status, html] = [response.status, await response.text()];
      return { kind: "page", path: pathname, status, html, state: searchParams.get("state") ?? "", url };
    }
    const { origin, searchParams } = new URL(location);
    if (origin !== "https://mcp.example") {
      const code = searchParams.get("code");
      if (code === null) return { kind: "error", error: searchParams.get("error") ?? "" };
      return { kind: "code", code, verifier, url };
    }
    url = location;
  }
  throw new Error(`more redirects than a person follows, the last one to ${url}`);
}

/** What a test reads of it at a glance. */
export function endOf(ending: Ending): string {
  if (ending.kind === "page") return ending.path;
  return ending.kind === "code" ? "code" : ending.error;
}

/** A server with the client. Ada has approved it by a click, and it has connected. */
export async function startRemembering(
  options: OAuthServerOptions = {},
  parts: TestServerParts = {},
  more: { readonly scopes?: readonly string[]; readonly clientId?: string } = {},
): Promise<{ readonly server: TestServer; readonly browser: Browser; readonly tokens: Tokens }> {
  const server = await startServer({ clients: [REPORTS], ...options }, parts);
  return { server, ...(await approveFirst(server, more)) };
}

export async function approveFirst(
  server: Pick<TestServer, "fetch">,
  {
    scopes = ["mcp", "todo:read"],
    clientId = REPORTS.id,
    redirectUri = REDIRECT_URI,
  }: {
    readonly scopes?: readonly string[];
    readonly clientId?: string;
    readonly redirectUri?: string;
  } = {},
): Promise<{ readonly browser: Browser; readonly tokens: Tokens }> {
  const browser = openBrowser(server);
  const params = { redirect_uri: redirectUri };
  const authorized = await authorize(server, clientId, { browser, scopes, params });
  return { browser, tokens: await tokensOf(redeem(server, clientId, authorized, params)) };
}
