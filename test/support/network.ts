import { Agent, fetch as undiciFetch } from "undici";
import { testCertificate } from "./https-origin.ts";
import { type Browser, callbackShown, decide, openBrowser, stateOf } from "./person.ts";

export type Credentials = { readonly username: string; readonly password: string };

/** The person of the demonstration. */
export const DEMO: Credentials = { username: "demo", password: "demo123" };

const trusting = new Agent({ connect: { ca: testCertificate.cert } });

/** `fetch` that also trusts the certificate of the tests. */
export const trustingFetch: typeof fetch = (target, init) =>
  // The same thing to us, from two releases of one library.
  undiciFetch(target as string, {
    ...(init as object),
    dispatcher: trusting,
  }) as Promise<unknown> as Promise<Response>;

/** A browser without a screen, for a server that listens. */
export function openNetworkBrowser(origin: string): Browser {
  return openBrowser({ fetch: (request) => fetch(request) }, origin);
}

/**
 * From an authorize URL through sign-in (where the server asks for it) and consent, everything ticked: the address that
 * the browser is sent back to. An address of the client that comes sooner, as errors do, is returned at once.
 */
export async function approve(
  browser: Browser,
  authorizeUrl: string | URL,
  credentials: Credentials,
): Promise<URL> {
  const consent = await toConsent(browser, authorizeUrl, credentials);
  if (consent instanceof URL) return consent;
  return locationOf(decide(browser, consent.state, "approve", consent.scopes));
}

/** The same for an app on another computer: the callback URL that the person copies. */
export async function approveElsewhere(
  browser: Browser,
  authorizeUrl: string | URL,
  credentials: Credentials,
): Promise<URL> {
  const consent = await toConsent(browser, authorizeUrl, credentials);
  if (consent instanceof URL) throw new Error(`there is no consent page: ${consent}`);
  const answer = await decide(browser, consent.state, "approve_elsewhere", consent.scopes);
  return new URL(callbackShown(await answer.text()) ?? "none is shown");
}

async function toConsent(
  browser: Browser,
  authorizeUrl: string | URL,
  { username, password }: Credentials,
): Promise<{ readonly state: string; readonly scopes: readonly string[] } | URL> {
  const { origin } = new URL(authorizeUrl);
  let next = await locationOf(browser.request(String(authorizeUrl)));
  if (next.origin !== origin) return next;
  if (next.pathname.endsWith("/login")) {
    next = await locationOf(
      browser.submit(`${next.origin}${next.pathname}`, { state: stateOf(next.href), username, password }),
    );
  }
  const page = await (await browser.request(next.href)).text();
  const scopes = [...page.matchAll(/name="scope" value="([^"]*)"/g)].map(([, scope]) => scope ?? "");
  return { state: stateOf(next.href), scopes };
}

async function locationOf(answer: Promise<Response>): Promise<URL> {
  const response = await answer;
  const location = response.headers.get("location");
  if (location === null) throw new Error(`${response.status} without a redirect: ${await response.text()}`);
  return new URL(location, response.url);
}

/**
 * What the helpers of `client.ts` speak to, for a server that listens: they name mcp.example, and their requests go to
 * this origin.
 */
export function reach(origin: string): { fetch(request: Request): Promise<Response> } {
  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      return trustingFetch(new URL(`${pathname}${search}`, origin), {
        method: request.method,
        headers: request.headers,
        body: body === "" ? null : body,
        redirect: "manual",
      });
    },
  };
}
