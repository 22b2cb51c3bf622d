import type { SignInPart } from "../../src/authorization-server/sign-in/second-factor.ts";
import {
  githubUpstream,
  keyUpstream,
  oauthUpstream,
} from "../../src/authorization-server/upstreams/index.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { Upstream } from "../../src/config/upstreams/settings.ts";
import { type AccountPage, follow, press, signInToAccount } from "./account.ts";
import { callTool, type Tokens } from "./client.ts";
import { type Browser, openBrowser } from "./person.ts";
import { startServer, type TestServer } from "./server.ts";
import { type GithubDouble, startGithub } from "./sign-in/github-double.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./sign-in/identity-double.ts";
import { type Network, openNetwork } from "./sign-in/network.ts";

/** A server whose people connect GitHub and store keys for Jira, with the network that it is in. */
export type Elsewhere = {
  readonly server: TestServer;
  readonly network: Network;
  readonly github: GithubDouble;
  readonly open: () => Browser;
};

export type ElsewhereOptions = {
  readonly options?: OAuthServerOptions;
  readonly signIn?: readonly SignInPart[];
  readonly upstreams?: Readonly<Record<string, Upstream>>;
};

export const GITHUB = githubUpstream({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  scopes: ["repo"],
});

export const JIRA = keyUpstream({
  label: "Jira",
  help: "Make one in your Jira profile.",
  keysUrl: "https://jira.example/keys",
});

/** Another service, for which GitHub's double answers too. */
export const ACME = oauthUpstream({
  label: "Acme",
  authorizationUrl: "https://acme.example/login/oauth/authorize",
  tokenUrl: "https://acme.example/login/oauth/access_token",
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  authentication: "client_secret_post",
});

export const KEY = "jira-key-0123456789";

export async function startElsewhere({
  options = {},
  signIn,
  upstreams = { github: GITHUB, acme: ACME, jira: JIRA },
}: ElsewhereOptions = {}): Promise<Elsewhere> {
  const network = openNetwork();
  const github = await startGithub(network);
  network.add("https://acme.example", github.url);
  const server = await startServer(
    { upstreams, ...options },
    { fetch: network.fetch, admit: "anyone", ...(signIn && { signIn }) },
  );
  registerElsewhere(server);
  return { server, network, github, open: () => openBrowser(server, new URL(server.settings.issuer).origin) };
}

/** Tools that say what they got of the person's token and key. */
export function registerElsewhere({ registrations }: Pick<TestServer, "registrations">): void {
  const text = (what: string) => ({ content: [{ type: "text" as const, text: what }] });
  for (const name of ["github", "acme"]) {
    registrations.registerTool(`${name}_token`, { description: "The token." }, async ({ upstream }) =>
      text(await upstream(name).accessToken()),
    );
  }
  registrations.registerTool("jira_key", { description: "The key." }, async ({ upstream }) =>
    text(await upstream("jira").key()),
  );
}

/** What a client gets from a tool. */
export async function said(server: TestServer, tokens: Tokens, tool: string): Promise<string> {
  const answer = await callTool(server, tokens.access_token, tool);
  const text = await answer.text();
  const [, message = text] = /^data: (.*)$/m.exec(text) ?? [];
  const body = JSON.parse(message) as { result?: { content?: { text: string }[] } };
  return body.result?.content?.[0]?.text ?? message;
}

/** The link that a tool answered with. */
export function linkIn(text: string): string {
  return /https?:\/\/\S+\/account\/connect\/\S+/.exec(text)?.[0] ?? "";
}

/** From the button of the account page to the service. */
export async function leave(browser: Browser, page: AccountPage, upstream = "github"): Promise<URL> {
  const answer = await press(browser, page, "upstreams.connect", { upstream });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`connecting answered ${answer.status}: ${await answer.text()}`);
  return new URL(location);
}

/** What the service sends the browser back to. */
export async function approveThere(network: Network, url: URL): Promise<URL> {
  const answer = await network.visit(url.href);
  return new URL(answer.headers.get("location") ?? "");
}

/** A person who is signed in at the account page, and has connected GitHub. */
export async function connectGithub(
  { network, open }: Elsewhere,
  username = "ada",
  password = "lovelace",
): Promise<{ readonly browser: Browser; readonly page: AccountPage }> {
  const browser = open();
  const page = await signInToAccount(browser, username, password);
  const callback = await approveThere(network, await leave(browser, page));
  return { browser, page: await follow(browser, await browser.request(callback.href)) };
}
