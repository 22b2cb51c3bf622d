import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { onTestFinished } from "vitest";
import { listening } from "../listening.ts";

/** A claim or member that is undefined is left out. */
export type Changes = Readonly<Record<string, unknown>>;

/**
 * An OpenID provider on this computer whose every word a test can change. What it is not told to do wrong, it does right:
 * it checks the client, the redirect URI and PKCE, and a code is good once. Everyone who comes is Ada.
 */
export type IdentityDouble = {
  readonly url: string;
  readonly issuer: string;
  /** The authorization and token requests, in order. */
  readonly authorizations: readonly URLSearchParams[];
  readonly exchanges: readonly Exchange[];
  /** How often each path was asked. */
  readonly asked: ReadonlyMap<string, number>;
  /** Changes what it says from now on. */
  say(changes: Said): void;
  /** A token of this provider's, signed by its key or by what is given. */
  sign(claims: Changes, header?: Changes, key?: CryptoKey): Promise<string>;
  /** Publishes another key beside the first, with these members; signs with it from now on. */
  addKey(members: Changes): Promise<void>;
};

export type Exchange = { readonly authorization: string | undefined; readonly body: URLSearchParams };

type Said = {
  readonly metadata?: Changes;
  readonly claims?: Changes;
  readonly header?: Changes;
  readonly userinfo?: Changes;
  /** The parameters of the answer that the browser carries. */
  readonly answer?: Changes;
  /** In place of the token that it would sign. */
  readonly idToken?: (claims: Changes) => string | Promise<string>;
  /** A status in place of an answer, by path; 0 for no answer at all. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** What the token endpoint answers beside a status. */
  readonly tokenError?: Changes;
  /** The `scope` of the token response. */
  readonly scope?: string | undefined;
  /** What else the token response has, or in place of the usual. */
  readonly tokens?: Changes;
};

export type DoubleOptions = {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly now?: () => number;
  /** Its public URLs, where they are not those of this computer. */
  readonly urls?: Readonly<
    Record<"issuer" | "metadata" | "authorize" | "token" | "jwks" | "userinfo", string>
  >;
  /** What sound tokens say beside the usual. */
  readonly claims?: Changes;
};

export const CLIENT_ID = "gatehouse";
export const CLIENT_SECRET = "s+cret: of/the=provider";

export async function startIdentityDouble({
  clientId = CLIENT_ID,
  clientSecret = CLIENT_SECRET,
  now = Date.now,
  urls: publicUrls,
  claims: usual = {},
}: DoubleOptions = {}): Promise<IdentityDouble> {
  const authorizations: URLSearchParams[] = [];
  const exchanges: Exchange[] = [];
  const asked = new Map<string, number>();
  const codes = new Map<string, URLSearchParams>();
  const said: { -readonly [Name in keyof Said]: Said[Name] } = {};
  const published: JWK[] = [];
  let signing: { readonly kid: string; readonly key: CryptoKey } | undefined;
  const addKey = async (members: Changes) => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const kid = `key-${published.length + 1}`;
    published.push({ ...(await exportJWK(publicKey)), kid, use: "sig", alg: "ES256", ...members } as JWK);
    signing = { kid, key: privateKey };
  };
  const sign = (claims: Changes, header: Changes = {}, key = signing?.key) =>
    new SignJWT(defined(claims))
      .setProtectedHeader(defined({ alg: "ES256", kid: signing?.kid, ...header }) as never)
      .sign(key as CryptoKey);

  const idTokenFor = async (authorization: URLSearchParams): Promise<string> => {
    const seconds = Math.floor(now() / 1000);
    const claims = {
      iss: issuer,
      sub: "ada",
      aud: clientId,
      iat: seconds,
      exp: seconds + 300,
      nonce: authorization.get("nonce") ?? undefined,
      auth_time: authorization.has("max_age") ? seconds : undefined,
      ...usual,
      ...said.claims,
    };
    return said.idToken ? said.idToken(claims) : sign(claims, said.header);
  };
  const exchange = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    const { authorization } = request.headers;
    exchanges.push({ authorization, body });
    const code = body.get("code") ?? "";
    const given = codes.get(code);
    codes.delete(code);
    if (!isClient(authorization, body, clientId, clientSecret)) return [401, { error: "invalid_client" }];
    const verifier = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (
      !given ||
      given.get("code_challenge") !== verifier ||
      given.get("redirect_uri") !== body.get("redirect_uri")
    ) {
      return [400, { error: "invalid_grant", error_description: "the code is not valid" }];
    }
    if (said.tokenError) return [400, said.tokenError];
    const { scope } = said;
    const tokens = { access_token: `at-${code}`, token_type: "Bearer", scope };
    return [200, { ...tokens, id_token: await idTokenFor(given), ...said.tokens }];
  };
  const authorize = (query: URLSearchParams): string => {
    authorizations.push(query);
    const code = randomUUID();
    codes.set(code, query);
    const to = new URL(query.get("redirect_uri") ?? "");
    const answer = { code, state: query.get("state"), iss: issuer, ...said.answer };
    for (const [name, value] of Object.entries(defined(answer))) to.searchParams.set(name, String(value));
    return to.href;
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://double");
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
    const status = said.statuses?.[pathname];
    if (status === 0) return;
    const json = (code: number, body: object) =>
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (status !== undefined) return json(status, {});
    switch (pathname) {
      case path("metadata"):
        return json(200, defined({ ...metadata, ...said.metadata }));
      case path("jwks"):
        return json(200, { keys: published });
      case path("userinfo"):
        return json(200, defined({ sub: said.claims?.sub ?? usual.sub ?? "ada", ...said.userinfo }));
      case path("token"):
        return json(...(await exchange(request)));
      case path("authorize"):
        return response.writeHead(302, { location: authorize(searchParams) }).end();
      default:
        return json(404, {});
    }
  });
  const url = `http://127.0.0.1:${await listening(server)}`;
  const urls = publicUrls ?? {
    issuer: url,
    metadata: `${url}/.well-known/openid-configuration`,
    authorize: `${url}/authorize`,
    token: `${url}/token`,
    jwks: `${url}/jwks`,
    userinfo: `${url}/userinfo`,
  };
  const { issuer } = urls;
  const path = (name: keyof typeof urls) => new URL(urls[name]).pathname;
  const metadata: Changes = {
    issuer,
    authorization_endpoint: urls.authorize,
    token_endpoint: urls.token,
    jwks_uri: urls.jwks,
    userinfo_endpoint: urls.userinfo,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256", "RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    code_challenge_methods_supported: ["S256"],
  };
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await addKey({});
  return {
    url,
    issuer,
    authorizations,
    exchanges,
    asked,
    say: (changes) => void Object.assign(said, changes),
    sign,
    addKey,
  };
}

function isClient(
  authorization: string | undefined,
  body: URLSearchParams,
  clientId: string,
  clientSecret: string,
): boolean {
  if (authorization === undefined) {
    return body.get("client_id") === clientId && body.get("client_secret") === clientSecret;
  }
  const pair = [clientId, clientSecret].map((part) => new URLSearchParams([["", part]]).toString().slice(1));
  return authorization === `Basic ${Buffer.from(pair.join(":")).toString("base64")}`;
}

function defined(members: Changes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
