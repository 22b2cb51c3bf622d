import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listening } from "./listening.ts";

/**
 * A service with OAuth on this computer, which tools use as people. As strict as the strictest: a refresh token works once, and one
 * that comes again ends all that was given with it.
 */
export type ServiceDouble = {
  readonly url: string;
  /** The token requests, in order. */
  readonly requests: readonly URLSearchParams[];
  /** Tokens of an account, as a person gets them by connecting. */
  give(account: string): GivenTokens;
  /** Whose account an access token is good for now. */
  accountOf(accessToken: string): string | undefined;
  /** Whose it ever was. */
  givenTo(token: string): string | undefined;
  /** Each refresh token that it was shown, and when, by `performance.now()`. */
  readonly shown: readonly Shown[];
  /** What ended because a refresh token came again. */
  readonly ended: readonly Omit<Shown, "token">[];
  /** Ends all that was given to this account, as a person does on the service's own page. */
  revoke(account: string): void;
  /** Changes what it does from now on. */
  say(changes: Partial<Said>): void;
  close(): Promise<void>;
};

export type Shown = { readonly token: string; readonly account: string; readonly at: number };

export type GivenTokens = { readonly accessToken: string; readonly refreshToken: string };

type Said = {
  /** The token endpoint answers this, and does nothing. The text is sent where there is no body. */
  readonly answer: { readonly status: number; readonly body: unknown; readonly text?: string } | undefined;
  /** It does what it was asked, and the answer never arrives. */
  readonly losesAnswers: boolean;
  /** Answers wait for it. */
  readonly held: Promise<void> | undefined;
  readonly expiresInSeconds: number | undefined;
  /** Whether each refresh gives another refresh token. */
  readonly rotates: boolean;
  /** Whether a refresh gives the access token that is there. */
  readonly repeats: boolean;
  /** What the answer of the token endpoint says beside tokens. */
  readonly more: Readonly<Record<string, unknown>>;
  /** What the metadata say beside the endpoints. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly account: unknown;
};

export const SERVICE_CLIENT = { clientId: "gatehouse-at-service", clientSecret: "s3cret-of-the-service" };

/** What was given together: it ends together. */
type Family = { readonly account: string; isOver: boolean };

export async function startService(): Promise<ServiceDouble> {
  const requests: URLSearchParams[] = [];
  const codes = new Map<string, URLSearchParams>();
  const families = new Map<string, Family>();
  const spent = new Set<string>();
  const shown: Shown[] = [];
  const ended: Omit<Shown, "token">[] = [];
  const said: { -readonly [Name in keyof Said]: Said[Name] } = {
    answer: undefined,
    losesAnswers: false,
    held: undefined,
    expiresInSeconds: 3600,
    rotates: true,
    repeats: false,
    more: {},
    metadata: {},
    account: undefined,
  };
  const give = (family: Family): GivenTokens => {
    const given = { accessToken: `at-${randomUUID()}`, refreshToken: `rt-${randomUUID()}` };
    for (const token of Object.values(given)) families.set(token, family);
    return given;
  };
  const wire = ({ accessToken, refreshToken }: GivenTokens) => ({
    access_token: accessToken,
    token_type: "bearer",
    refresh_token: refreshToken,
    ...(said.expiresInSeconds !== undefined && { expires_in: said.expiresInSeconds }),
    ...said.more,
  });
  let last: GivenTokens | undefined;

  const token = (asked: URLSearchParams): readonly [number, unknown] => {
    if (said.answer) return [said.answer.status, said.answer.body];
    if (asked.get("grant_type") === "authorization_code") {
      const begun = codes.get(asked.get("code") ?? "");
      codes.delete(asked.get("code") ?? "");
      const verifier = asked.get("code_verifier") ?? "";
      const challenge = createHash("sha256").update(verifier).digest("base64url");
      const isFor =
        begun?.get("code_challenge") === challenge && begun.get("redirect_uri") === asked.get("redirect_uri");
      if (!isFor) return [400, { error: "invalid_grant" }];
      return [200, wire(give({ account: "ada-there", isOver: false }))];
    }
    const presented = asked.get("refresh_token") ?? "";
    const family = families.get(presented);
    const { account = "" } = family ?? {};
    shown.push({ token: presented, account, at: performance.now() });
    if (family && spent.has(presented)) {
      if (!family.isOver) ended.push({ account, at: performance.now() });
      family.isOver = true;
    }
    if (!family || family.isOver) {
      // Some write what they refuse into the description.
      return [400, { error: "invalid_grant", error_description: `Token ${presented} is not valid.` }];
    }
    if (said.repeats && last) return [200, wire(last)];
    const next = give(family);
    last = next;
    if (!said.rotates) return [200, wire({ ...next, refreshToken: presented })];
    spent.add(presented);
    return [200, wire(next)];
  };

  const accountOf = (accessToken: string) => {
    const family = accessToken.startsWith("at-") ? families.get(accessToken) : undefined;
    return family && !family.isOver ? family.account : undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    const json = (status: number, body: unknown) =>
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify(body) ?? said.answer?.text);
    if (pathname === "/.well-known/oauth-authorization-server") {
      const endpoints = { authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` };
      return json(200, { issuer: url, userinfo_endpoint: `${url}/me`, ...endpoints, ...said.metadata });
    }
    if (pathname === "/authorize") {
      const code = randomUUID();
      codes.set(code, searchParams);
      const to = new URL(searchParams.get("redirect_uri") ?? "");
      to.searchParams.set("code", code);
      to.searchParams.set("state", searchParams.get("state") ?? "");
      return response.writeHead(302, { location: to.href }).end();
    }
    if (pathname === "/token") {
      const asked = new URLSearchParams(await textOf(request));
      requests.push(asked);
      const right = `Basic ${btoa(`${SERVICE_CLIENT.clientId}:${SERVICE_CLIENT.clientSecret}`)}`;
      if (request.headers.authorization !== right) return json(401, { error: "invalid_client" });
      const [status, body] = token(asked);
      const { losesAnswers } = said;
      await said.held;
      return losesAnswers ? response.destroy() : json(status, body);
    }
    const account = accountOf(request.headers.authorization?.replace("Bearer ", "") ?? "");
    if (account === undefined) return json(401, {});
    return json(200, said.account ?? { login: account });
  };
  const server = createServer((request, response) => void answer(request, response));
  const url = `http://127.0.0.1:${await listening(server)}`;
  return {
    url,
    requests,
    shown,
    ended,
    give: (account) => give({ account, isOver: false }),
    accountOf,
    givenTo: (given) => families.get(given)?.account,
    revoke(account) {
      for (const family of families.values()) if (family.account === account) family.isOver = true;
    },
    say: (changes) => void Object.assign(said, changes),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
