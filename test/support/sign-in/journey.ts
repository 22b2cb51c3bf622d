import type { SignInMethod } from "../../../src/authorization-server/sign-in/method.ts";
import type { AdmitOption } from "../../../src/config/admit.ts";
import type { OAuthServerOptions } from "../../../src/config/options-schema.ts";
import { authorizeUrl, newPkce, register } from "../client.ts";
import { type Browser, openBrowser, stateOf } from "../person.ts";
import { startServer, type TestServer } from "../server.ts";
import type { Network } from "./network.ts";

/** A server on which people sign in at providers of a network. Its clock shows the machine's time, and stands still. */
export async function startSignInServer(
  signIn: readonly SignInMethod[],
  network: Network,
  options: OAuthServerOptions = {},
  admit: AdmitOption = "anyone",
): Promise<TestServer> {
  const server = await startServer(options, { signIn, admit, fetch: network.fetch });
  server.advance(Math.floor((Date.now() - server.now()) / 1000));
  return server;
}

/** A browser that has been sent to the provider. */
export type AtProvider = {
  readonly browser: Browser;
  readonly clientId: string;
  readonly verifier: string;
  /** What the sign-in page carries. */
  readonly state: string;
  /** The authorization request at the provider. */
  readonly providerUrl: URL;
};

/** From an MCP client's authorization request to the provider's. */
export async function goToProvider(
  server: TestServer,
  name: string,
  {
    browser = openBrowser(server, originOf(server)),
    params = {},
  }: { readonly browser?: Browser; readonly params?: Readonly<Record<string, string | undefined>> } = {},
): Promise<AtProvider> {
  const { client_id: clientId } = await register(atOwnHost(server));
  const { verifier, challenge } = newPkce();
  const resource = server.settings.resource;
  const asked = new URL(authorizeUrl(clientId, challenge, { resource, ...params }));
  const toLogin = await browser.request(`${asked.pathname}${asked.search}`);
  const state = stateOf(toLogin.headers.get("location"));
  const begun = await browser.request(`/oauth/sign-in/${name}?${new URLSearchParams({ state })}`);
  const location = begun.headers.get("location");
  if (location === null) throw new Error(`sign-in answered ${begun.status}: ${await begun.text()}`);
  return { browser, clientId, verifier, state, providerUrl: new URL(location, originOf(server)) };
}

/** Signs in at the provider: the callback that the browser is sent to. */
export async function signInThere(
  { providerUrl }: Pick<AtProvider, "providerUrl">,
  network: Network,
): Promise<URL> {
  const answer = await network.visit(providerUrl.href);
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
  return new URL(location);
}

/** The whole way there and back: where the callback leads. */
export async function signInAt(
  server: TestServer,
  name: string,
  network: Network,
  params: Readonly<Record<string, string | undefined>> = {},
): Promise<AtProvider & { readonly response: Response }> {
  const there = await goToProvider(server, name, { params });
  const callback = await signInThere(there, network);
  return { ...there, response: await there.browser.request(callback.href) };
}

/** Where an answer leads, as a sentence of a test has it. */
export function leadsTo(response: Response): string {
  const location = response.headers.get("location");
  if (location === null) return `page ${response.status}`;
  const { pathname, searchParams } = new URL(location);
  const problem = searchParams.get("problem");
  return problem === null ? pathname : `${pathname} ${searchParams.get("method")} ${problem}`;
}

/** The reason of the last sign-in that broke off. */
export function reasonIn(server: TestServer): string {
  return String(server.lines.findLast(({ name }) => name === "sign_in.broken_off")?.fields.reason);
}

/** The helpers of other tests ask for https://mcp.example. */
export function atOwnHost(server: TestServer): Pick<TestServer, "fetch"> {
  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = await request.text();
      return server.fetch(
        new Request(new URL(pathname + search, originOf(server)), { method, headers, body }),
      );
    },
  };
}

function originOf({ settings }: TestServer): string {
  return new URL(settings.issuer).origin;
}
