import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listening } from "../listening.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./identity-double.ts";
import type { Network } from "./network.ts";

/** GitHub's endpoints on this computer. What it is not told to do wrong, it does as GitHub's documentation says. */
export type GithubDouble = {
  /** Where it is on this computer. */
  readonly url: string;
  /** The authorization and token requests, in order. */
  readonly authorizations: readonly URLSearchParams[];
  readonly exchanges: readonly URLSearchParams[];
  /** What was asked of the API, with its query: `/user/emails?per_page=100&page=1`. */
  readonly calls: readonly string[];
  /** The headers of the last call. */
  readonly headers: IncomingMessage["headers"];
  /** Changes what it says from now on. */
  say(changes: Partial<Said>): void;
};

type Said = {
  readonly user: unknown;
  /** All of a list: it is served in pages. A value that is no list is served as it is. */
  readonly emails: unknown;
  readonly orgs: unknown;
  readonly teams: unknown;
  /** The parameters of the answer that the browser carries, beside `code` and `state`. */
  readonly answer: Readonly<Record<string, string>>;
  /** In place of a token. */
  readonly token: unknown;
  /** What a token is good for, where that is not what was asked for. */
  readonly scope: string | undefined;
  /** What the tokens begin with: `gho_` for an OAuth App, `ghu_` for a GitHub App. */
  readonly prefix: string;
  /** What else a token response has: those of a GitHub App may end. */
  readonly more: Readonly<Record<string, unknown>>;
  /** A status in place of an answer, by path; 0 for no answer at all. */
  readonly statuses: Readonly<Record<string, number>>;
};

export const ADA = { id: 583231, login: "ada", name: "Ada Lovelace", email: "public@example.com" };

/** @param baseUrl of GitHub itself, or of a GitHub Enterprise, whose API is below it */
export async function startGithub(network: Network, baseUrl = "https://github.com"): Promise<GithubDouble> {
  const authorizations: URLSearchParams[] = [];
  const exchanges: URLSearchParams[] = [];
  const calls: string[] = [];
  const given = new Map<string, URLSearchParams>();
  const tokens = new Set<string>();
  let headers: IncomingMessage["headers"] = {};
  const said: { -readonly [Name in keyof Said]: Said[Name] } = {
    user: ADA,
    emails: [{ email: "ada@example.com", verified: true, primary: true }],
    orgs: [],
    teams: [],
    answer: {},
    token: undefined,
    scope: undefined,
    prefix: "gho_",
    more: {},
    statuses: {},
  };

  const authorize = (query: URLSearchParams): string => {
    authorizations.push(query);
    const code = randomUUID();
    given.set(code, query);
    const to = new URL(query.get("redirect_uri") ?? "");
    const answer = { code, state: query.get("state") ?? "", ...said.answer };
    for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
    return to.href;
  };
  const exchange = async (request: IncomingMessage): Promise<unknown> => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    exchanges.push(body);
    const asked = given.get(body.get("code") ?? "");
    given.delete(body.get("code") ?? "");
    if (said.token !== undefined) return said.token;
    const isClient = body.get("client_id") === CLIENT_ID && body.get("client_secret") === CLIENT_SECRET;
    if (!isClient) return { error: "incorrect_client_credentials" };
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    const isFor =
      asked?.get("code_challenge") === challenge && asked.get("redirect_uri") === body.get("redirect_uri");
    if (!isFor) return { error: "bad_verification_code" };
    const token = `${said.prefix}${randomUUID()}`;
    tokens.add(`Bearer ${token}`);
    return { access_token: token, token_type: "bearer", scope: said.scope ?? scopesOf(asked), ...said.more };
  };
  const api = (path: string, query: URLSearchParams): unknown => {
    const value = { "/user": said.user, "/user/emails": said.emails, "/user/orgs": said.orgs }[path];
    return pageOf(path === "/user/teams" ? said.teams : value, query);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname: whole, search, searchParams } = new URL(request.url ?? "", "http://double");
    const pathname = whole.replace(/^\/api\/v3/, "");
    const status = said.statuses[pathname];
    if (status === 0) return;
    const json = (code: number, body: unknown) =>
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (pathname.startsWith("/user")) {
      calls.push(pathname + search);
      headers = request.headers;
    }
    if (status !== undefined) return json(status, { message: "No" });
    if (pathname === "/login/oauth/authorize") {
      return response.writeHead(302, { location: authorize(searchParams) }).end();
    }
    if (pathname === "/login/oauth/access_token") return json(200, await exchange(request));
    if (!tokens.has(request.headers.authorization ?? "")) return json(401, { message: "Bad credentials" });
    return json(200, api(pathname, searchParams));
  };
  const server = createServer((request, response) => void answer(request, response));
  const url = `http://127.0.0.1:${await listening(server)}`;
  network.add(baseUrl, url);
  network.add("https://api.github.com", url);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url,
    authorizations,
    exchanges,
    calls,
    get headers() {
      return headers;
    },
    say: (changes) => void Object.assign(said, changes),
  };
}

/** As it lists them. */
function scopesOf(asked: URLSearchParams): string {
  return (asked.get("scope") ?? "").split(" ").sort().join(",");
}

/** @param query with `per_page` and `page`, which counts from one */
function pageOf(all: unknown, query: URLSearchParams): unknown {
  if (!Array.isArray(all)) return all;
  const size = Number(query.get("per_page") ?? 30);
  const start = (Number(query.get("page") ?? 1) - 1) * size;
  return all.slice(start, start + size);
}
