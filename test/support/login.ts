import { authorizeUrl, newPkce, register } from "./client.ts";
import { type Browser, openBrowser, stateOf } from "./person.ts";
import type { TestServer } from "./server.ts";

export type AtLogin = { readonly browser: Browser; readonly location: string; readonly state: string };

/** A person in a new browser, in front of the sign-in page. */
export async function atLogin(server: TestServer, address?: string): Promise<AtLogin> {
  const { client_id } = await register(server);
  const browser = openBrowser({ fetch: (request) => server.fetch(request, { address }) });
  const response = await browser.request(authorizeUrl(client_id, newPkce().challenge));
  const location = response.headers.get("location") ?? "";
  return { browser, location, state: stateOf(location) };
}
