import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { OrganizationAnswer, OrganizationsOf } from "../../src/config/organization-options.ts";
import { authorizeUrl, codeOf, newPkce, redeem, register, type Tokens, tokensOf } from "./client.ts";
import { type Browser, CONSENT, openBrowser, signIn } from "./person.ts";
import { startServer, type TestServer, type TestServerParts } from "./server.ts";

export const ACME = { id: "acme", name: "Acme", description: "Rockets" };
export const GLOBEX = { id: "globex", name: "Globex" };

/** What the function of the operator's was asked about. */
export type Asked = Parameters<OrganizationsOf>;

export type WithOrganizations = {
  readonly server: TestServer;
  readonly asked: Asked[];
  /** What the function does from here on. */
  answers(next: readonly OrganizationAnswer[] | (() => unknown)): void;
};

/** A server whose people belong to Acme and Globex, until the test says something else. */
export async function startWithOrganizations(
  more: { readonly called?: string; readonly required?: boolean; readonly timeoutSeconds?: number } = {},
  options: OAuthServerOptions = {},
  parts: TestServerParts = {},
): Promise<WithOrganizations> {
  let answer: () => unknown = () => [ACME, GLOBEX];
  const asked: Asked[] = [];
  const of: OrganizationsOf = (...given) => {
    asked.push(given);
    return answer() as ReturnType<OrganizationsOf>;
  };
  const server = await startServer({ organizations: { of, ...more }, ...options }, parts);
  return {
    server,
    asked,
    answers(next) {
      answer = typeof next === "function" ? next : () => next;
    },
  };
}

/** Approves as the consent page's form does, with these organizations: none, one, or what no page sends. */
export function approveFor(
  browser: Browser,
  state: string,
  organizations: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const fields = new URLSearchParams({ state, decision: "approve", scope: "mcp", ...more });
  for (const organization of organizations) fields.append("organization", organization);
  return browser.submit(CONSENT, fields);
}

/** A client that registered itself, connected for an organization, or for none. */
export async function connectFor(
  server: TestServer,
  organization: string | undefined,
  { clientId }: { readonly clientId?: string } = {},
): Promise<Tokens & { readonly clientId: string; readonly browser: Browser }> {
  const id = clientId ?? (await register(server)).client_id;
  const browser = openBrowser(server);
  const { verifier, challenge } = newPkce();
  const { state } = await signIn(browser, authorizeUrl(id, challenge));
  const answer = await approveFor(browser, state, organization === undefined ? [] : [organization]);
  const code = codeOf(answer.headers.get("location"));
  return { clientId: id, browser, ...(await tokensOf(redeem(server, id, { code, verifier }))) };
}
