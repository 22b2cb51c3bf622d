import { REDIRECT_URI, RESOURCE } from "../support/client.ts";
import type { Operation, Outcome, RefreshToken } from "./history.ts";
import { type Answer, hashed, send, type World } from "./world.ts";

// Each of these sends what a client sends, records what came of it, and gives the answer.

/** A code, and what it takes to redeem it. */
export type Code = { readonly clientId: string; readonly code: string; readonly verifier: string };

/** What a device holds of a grant. */
export type Tokens = {
  readonly clientId: string;
  readonly refreshToken: string;
  readonly accessToken: string;
};

export type To = {
  readonly world: World;
  readonly instance: number;
  /** How long the client waits: shorter than the server takes, now and then. */
  readonly patienceMs?: number;
};

export type Given<T> = Answer & { readonly given: T | undefined };

/** The people of these instances: anybody, with this password. */
export const PASSWORD = "right";

export async function register(to: To, name: string): Promise<Given<string>> {
  const metadata = {
    client_name: name,
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "none",
  };
  const answer = await post(to, "/oauth/register", JSON.stringify(metadata), "application/json");
  const clientId = textIn(answer, "client_id");
  to.world.record({ ...traceOf(answer), kind: "register", client: hashed(clientId ?? name) });
  return { ...answer, given: clientId };
}

export async function redeem(to: To, { clientId, code, verifier }: Code): Promise<Given<Tokens>> {
  const answer = await postForm(to, "/oauth/token", {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  });
  const given = tokensIn(answer, clientId);
  to.world.record({
    ...traceOf(answer),
    kind: "redeem",
    grant: grantOf(code),
    code: hashed(code),
    ...traceOfTokens(given),
  });
  return { ...answer, given };
}

export async function refresh(
  to: To,
  { clientId, refreshToken }: Pick<Tokens, "clientId" | "refreshToken">,
): Promise<Given<Tokens>> {
  const answer = await postForm(to, "/oauth/token", {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: refreshToken,
  });
  const given = tokensIn(answer, clientId);
  to.world.record({
    ...traceOf(answer),
    kind: "refresh",
    grant: grantOf(refreshToken),
    presented: traceOfRefreshToken(refreshToken),
    ...traceOfTokens(given),
  });
  return { ...answer, given };
}

export async function revoke(to: To, { clientId, refreshToken }: Tokens): Promise<Answer> {
  const answer = await postForm(to, "/oauth/revoke", { client_id: clientId, token: refreshToken });
  to.world.record({ ...traceOf(answer), kind: "revoke", grant: grantOf(refreshToken) });
  return answer;
}

/** A call of a tool, as clients of 2025-11-25 make it. */
function callTool(to: To, name: string, { accessToken }: Tokens): Promise<Answer> {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {} } };
  return post(to, "/mcp", JSON.stringify(message), "application/json", {
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
    authorization: `Bearer ${accessToken}`,
  });
}

export async function call(to: To, tokens: Tokens): Promise<Answer> {
  const { accessToken, refreshToken } = tokens;
  const answer = await callTool(to, "who", tokens);
  const person = textOfTool(answer);
  const failed = answer.outcome.kind === "honoured" && person === undefined;
  to.world.record({
    ...traceOf(answer),
    ...(failed && {
      outcome: { kind: "wrong", what: `a call without a result: ${JSON.stringify(answer.body)}` },
    }),
    kind: "call",
    grant: grantOf(refreshToken),
    accessToken: hashed(accessToken),
    ...(person !== undefined && { ranAs: hashed(person) }),
  });
  return answer;
}

/** Longer than anyone waits for a refresh that another instance has begun. */
const ACTS_MS = 20_000;

/** A call of the tool that acts at the other service. */
export async function act(to: Omit<To, "patienceMs">, tokens: Tokens): Promise<void> {
  const { world } = to;
  const grant = grantOf(tokens.refreshToken);
  const answer = await callTool({ ...to, patienceMs: ACTS_MS }, "act", tokens);
  world.record({ ...traceOf(answer), kind: "call", grant, accessToken: hashed(tokens.accessToken) });
  const text = textOfTool(answer);
  if (answer.outcome.kind !== "honoured") return;
  // `person#connection`, as the operator connects it.
  const account = world.service.givenTo(text ?? "");
  const [person = ""] = account?.split("#") ?? [];
  world.record({
    ...traceOf(answer),
    outcome: account === undefined ? outcomeOfAct(text) : { kind: "honoured" },
    kind: "act",
    grant,
    ...(account !== undefined && { actedAs: hashed(person), connection: hashed(account) }),
  });
}

function outcomeOfAct(text: string | undefined): Outcome {
  // The stream was closed before: the person was signed out, or this instance may have missed that.
  if (text === undefined) return { kind: "unanswered" };
  if (text.includes("/account/connect/acme")) return { kind: "refused", error: "not_connected" };
  // The service's outage, or the database's: each says to come again.
  return /try again|Try again/.test(text)
    ? { kind: "unavailable" }
    : { kind: "wrong", what: text.slice(0, 300) };
}

/** For whom the tool says that it ran, or what it got. */
function textOfTool({ body }: Answer): string | undefined {
  const { result } = body as {
    readonly result?: { readonly content?: readonly { readonly text?: string }[] };
  };
  return result?.content?.[0]?.text;
}

/** What stands in the history for the grant of a code or of a refresh token, both of which begin with its id. */
export function grantOf(secret: string): string {
  return hashed(secret.split(".")[0] ?? "");
}

function postForm(to: To, path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
  return post(to, path, new URLSearchParams(fields).toString(), "application/x-www-form-urlencoded");
}

function post(
  { world, instance, patienceMs }: To,
  path: string,
  body: string,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const request = new Request(new URL(path, RESOURCE), {
    method: "POST",
    headers: { "content-type": type, ...headers },
    body,
  });
  return send(world, instance, request, patienceMs);
}

function tokensIn(answer: Answer, clientId: string): Tokens | undefined {
  const [accessToken, refreshToken] = [textIn(answer, "access_token"), textIn(answer, "refresh_token")];
  if (accessToken === undefined || refreshToken === undefined) return undefined;
  return { clientId, accessToken, refreshToken };
}

function textIn({ body }: Answer, name: string): string | undefined {
  const value = body[name];
  return typeof value === "string" ? value : undefined;
}

export function traceOf({
  instance,
  startedAt,
  endedAt,
  outcome,
}: Answer): Pick<Operation, "instance" | "startedAt" | "endedAt" | "outcome"> {
  return { instance, startedAt, endedAt, outcome };
}

function traceOfTokens(given: Tokens | undefined): {
  readonly successor?: RefreshToken;
  readonly accessToken?: string;
} {
  if (!given) return {};
  return { successor: traceOfRefreshToken(given.refreshToken), accessToken: hashed(given.accessToken) };
}

function traceOfRefreshToken(token: string): RefreshToken {
  return { token: hashed(token), generation: Number(token.split(".")[1]) };
}
