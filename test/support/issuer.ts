import { createServer, type IncomingMessage } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { listening } from "./listening.ts";

/** A provider on loopback that mints tokens of any shape, counts what it is asked, and can be taken down. */
export type Issuer = {
  readonly url: string;
  /** How often each path was asked. */
  readonly asked: ReadonlyMap<string, number>;
  /** What introspection and tokeninfo answer, by token. */
  readonly opaque: Map<string, object>;
  /** A token with these claims over sound ones; a claim that is undefined is left out. */
  mint(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** Signs with a new key from now on, published or not; its name and its algorithm (RS256) may be chosen. */
  rotate(publish?: boolean, chosen?: { readonly kid?: string; readonly alg?: Alg }): Promise<void>;
  /** The key that it signs with now, as it is published. */
  publicKey(): JWK;
  /** Publishes the key that it signs with now and no other. */
  dropOldKeys(): void;
  /** What the metadata says besides. */
  readonly metadata: Record<string, unknown>;
  down: boolean;
  /** What the keys are answered with, for a cache. */
  cacheControl: string | undefined;
  /** Answers wait for it. */
  held: Promise<void> | undefined;
  /** How a path that is not there is answered: some providers lead to a page. */
  nowhere: 404 | 302;
  close(): Promise<void>;
};

export const AUDIENCE = "https://mcp.example/mcp";

type Alg = "RS256" | "ES256";
type Keys = { readonly alg: Alg; readonly publicJwk: JWK; readonly privateKey: CryptoKey };

/** Of issuers that are closed. An RSA key takes longer to make than most tests take; no two that are open share one. */
const spareKeys: Keys[] = [];

async function takeKeys(alg: Alg): Promise<Keys> {
  const spare = spareKeys.findIndex((keys) => keys.alg === alg);
  const [keys] = spare === -1 ? [] : spareKeys.splice(spare, 1);
  if (keys) return keys;
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { alg, publicJwk: await exportJWK(publicKey), privateKey };
}

export async function startIssuer(now: () => number = Date.now): Promise<Issuer> {
  const asked = new Map<string, number>();
  const opaque = new Map<string, object>();
  const metadata: Record<string, unknown> = {};
  const published: JWK[] = [];
  const taken: Keys[] = [];
  let signing: { readonly kid: string; readonly key: CryptoKey; readonly published: JWK } | undefined;
  let made = 0;
  const state: Pick<Issuer, "down" | "nowhere" | "cacheControl" | "held"> = {
    down: false,
    nowhere: 404,
    cacheControl: undefined,
    held: undefined,
  };

  const answerTo = async (path: string, request: IncomingMessage): Promise<readonly [number, object]> => {
    switch (path) {
      case "/jwks":
      // Where Scalekit has them.
      case "/keys":
        return [200, { keys: published }];
      case "/.well-known/openid-configuration": {
        const endpoints = { jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspect` };
        return [200, { issuer: url, ...endpoints, ...metadata }];
      }
      case "/introspect": {
        let body = "";
        for await (const chunk of request) body += chunk;
        if (request.headers.authorization !== `Basic ${btoa("rs:s%2Bcret")}`) return [401, {}];
        return [200, opaque.get(new URLSearchParams(body).get("token") ?? "") ?? { active: false }];
      }
      case "/tokeninfo": {
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
        const said = request.method === "POST" ? opaque.get(token) : undefined;
        return said ? [200, said] : [400, { error_description: "Invalid Value" }];
      }
      default:
        return [state.nowhere, {}];
    }
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (state.down) {
      request.socket.destroy();
      return;
    }
    const [status, body] = await answerTo(path, request);
    await state.held;
    const caching = state.cacheControl === undefined ? {} : { "cache-control": state.cacheControl };
    response
      .writeHead(status, { "content-type": "application/json", location: "/sign-in", ...caching })
      .end(JSON.stringify(body));
  });
  const port = await listening(server);
  const url = `http://127.0.0.1:${port}`;

  const rotate: Issuer["rotate"] = async (publish = true, chosen = {}) => {
    made += 1;
    const { kid = `key-${made}`, alg = "RS256" } = chosen;
    const keys = await takeKeys(alg);
    taken.push(keys);
    signing = { kid, key: keys.privateKey, published: { ...keys.publicJwk, kid, use: "sig", alg } };
    if (publish) published.push(signing.published);
  };
  await rotate();
  return Object.assign(state, {
    url,
    asked,
    opaque,
    metadata,
    rotate,
    publicKey: () => signing?.published ?? {},
    dropOldKeys: () => void published.splice(0, published.length - 1),
    async mint(claims = {}, header = {}) {
      const seconds = Math.floor(now() / 1000);
      const sound = {
        iss: url,
        aud: AUDIENCE,
        sub: "ada",
        client_id: "client",
        scope: "mcp",
        iat: seconds,
        exp: seconds + 600,
        jti: `t${Math.random()}`,
      };
      return new SignJWT({ ...sound, ...claims })
        .setProtectedHeader({
          alg: signing?.published.alg,
          kid: signing?.kid,
          typ: "at+jwt",
          ...header,
        } as never)
        .sign(signing?.key as CryptoKey);
    },
    close: () =>
      new Promise<void>((resolve) => {
        spareKeys.push(...taken.splice(0));
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
