import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { SigningKey } from "./signing-key.ts";

/** What proves a client at somebody else's authorization server. */
export type Credentials =
  | {
      readonly kind: "secret";
      readonly secret: string;
      readonly method: "client_secret_basic" | "client_secret_post" | undefined;
    }
  | { readonly kind: "key"; readonly key: SigningKey; readonly audience: string | undefined };

/** An endpoint that wants such a proof. */
export type ProvingEndpoint = {
  readonly url: string;
  /** Undefined where only the endpoint is known. */
  readonly issuer: string | undefined;
  /** The methods that its metadata names; undefined where nothing says it. */
  readonly methods: readonly string[] | undefined;
};

/** What a request says about who asks. */
export type Authentication = {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
};

const ASSERTION_SECONDS = 60;

/** Proves the client (RFC 6749 §2.3, RFC 7523 §2.2). Made for each request: an assertion is good once. */
export async function authentication(
  clientId: string,
  credentials: Credentials,
  endpoint: ProvingEndpoint,
  clock: Clock,
): Promise<Authentication> {
  if (credentials.kind === "key") {
    // The issuer first: an assertion for one server's endpoint can be passed on by a server that names it as its own.
    const audience = credentials.audience ?? endpoint.issuer ?? endpoint.url;
    return {
      headers: {},
      parameters: {
        client_id: clientId,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: await assertion(clientId, audience, credentials.key, clock),
      },
    };
  }
  const method = credentials.method ?? usualMethod(endpoint.methods);
  if (method === "client_secret_post") {
    return { headers: {}, parameters: { client_id: clientId, client_secret: credentials.secret } };
  }
  const pair = `${formEncode(clientId)}:${formEncode(credentials.secret)}`;
  return {
    headers: { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` },
    parameters: {},
  };
}

/** RFC 8414 §2: the header, where nothing else is said. */
function usualMethod(methods: readonly string[] | undefined): "client_secret_basic" | "client_secret_post" {
  const headerIsOff = methods !== undefined && !methods.includes("client_secret_basic");
  return headerIsOff && methods.includes("client_secret_post") ? "client_secret_post" : "client_secret_basic";
}

async function assertion(
  clientId: string,
  audience: string,
  { key, algorithm, keyId }: SigningKey,
  clock: Clock,
): Promise<string> {
  // Loaded at the first use: programs with a secret never need it.
  const { SignJWT } = await import("jose");
  const now = Math.floor(clock() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm, typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(key);
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined, or a colon in one of them would part them. */
function formEncode(part: string): string {
  return new URLSearchParams([["", part]]).toString().slice(1);
}
