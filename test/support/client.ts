import { createHash, randomBytes } from "node:crypto";
import { type Browser, decide, openBrowser, signIn } from "./person.ts";
import type { TestServer } from "./server.ts";

export const REDIRECT_URI = "https://client.example/callback";
export const RESOURCE = "https://mcp.example/mcp";

type Fetches = Pick<TestServer, "fetch">;

export type Registered = {
  readonly client_id: string;
  readonly client_secret?: string;
} & Readonly<Record<string, unknown>>;

export type Tokens = {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
};

/** Registers a client (RFC 7591); public unless the metadata says otherwise. */
export async function register(
  server: Fetches,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<Registered> {
  const response = await postJson(server, "/oauth/register", {
    client_name: "Test Client",
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "none",
    ...metadata,
  });
  if (response.status !== 201)
    throw new Error(`register answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Registered;
}

export function postJson(server: Fetches, path: string, body: unknown): Promise<Response> {
  return server.fetch(
    new Request(new URL(path, RESOURCE), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

/** Posts a form; a parameter that is undefined is left out. */
export function postForm(
  server: Fetches,
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value);
  return server.fetch(
    new Request(new URL(path, RESOURCE), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: body.toString(),
    }),
  );
}

export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** An authorize URL; a parameter that is undefined is left out. */
export function authorizeUrl(
  clientId: string,
  challenge: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const url = new URL("/oauth/authorize", RESOURCE);
  const params = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: "client-state",
    resource: RESOURCE,
    scope: "mcp",
    ...changes,
  };
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

export type Authorized = { readonly code: string; readonly verifier: string; readonly browser: Browser };

/** From the authorize URL through sign-in and consent to a code. */
export async function authorize(
  server: Fetches,
  clientId: string,
  options: {
    readonly scopes?: readonly string[];
    readonly username?: string;
    readonly password?: string;
    readonly browser?: Browser;
    readonly params?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<Authorized> {
  const { scopes = ["mcp"], browser = openBrowser(server) } = options;
  const { verifier, challenge } = newPkce();
  const url = authorizeUrl(clientId, challenge, { scope: scopes.join(" "), ...options.params });
  const { state } = await signIn(browser, url, options.username, options.password);
  const answer = await decide(browser, state, "approve", scopes);
  return { code: codeOf(answer.headers.get("location")), verifier, browser };
}

export function codeOf(location: string | null): string {
  const code = new URL(location ?? "").searchParams.get("code");
  if (code === null) throw new Error(`no code in ${location}`);
  return code;
}

export function redeem(
  server: Fetches,
  clientId: string,
  { code, verifier }: Pick<Authorized, "code" | "verifier">,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  return postForm(server, "/oauth/token", {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
    ...changes,
  });
}

export function refresh(
  server: Fetches,
  clientId: string,
  refreshToken: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  return postForm(server, "/oauth/token", {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: refreshToken,
    ...changes,
  });
}

/** The tokens of an answer that must be one. */
export async function tokensOf(answer: Promise<Response> | Response): Promise<Tokens> {
  const response = await answer;
  const body = await response.json();
  if (response.status !== 200) throw new Error(`token answered ${response.status}: ${JSON.stringify(body)}`);
  return body as Tokens;
}

/** The whole dance, for tests about what comes after it. */
export async function connect(
  server: Fetches,
  options: Parameters<typeof authorize>[2] = {},
): Promise<Tokens & { readonly clientId: string }> {
  const { client_id: clientId } = await register(server);
  const authorized = await authorize(server, clientId, options);
  return { clientId, ...(await tokensOf(redeem(server, clientId, authorized))) };
}

/** A request to the MCP endpoint with this bearer: `tools/call` of 2025-11-25, without a session. */
export function callTool(
  server: Fetches,
  token: string | undefined,
  name = "whoami",
  args: object = {},
): Promise<Response> {
  return server.fetch(
    new Request(RESOURCE, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name, arguments: args },
      }),
    }),
  );
}

/** What the tool `whoami` is told of who calls it. */
export async function whoami(
  server: Fetches,
  token: string,
): Promise<{ readonly person: Readonly<Record<string, unknown>> }> {
  const answer = await (await callTool(server, token)).json();
  const { result } = answer as { result: { content: [{ text: string }] } };
  return JSON.parse(result.content[0].text) as { person: Record<string, unknown> };
}

/** A request to the MCP endpoint as 2025-11-25 has it: in a session, or to begin one. */
export function mcpRequest(
  token: string,
  method: string,
  { body, session }: { readonly body?: string; readonly session?: string },
): Request {
  return new Request(RESOURCE, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(session !== undefined && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
    },
    ...(body !== undefined && { body }),
  });
}
