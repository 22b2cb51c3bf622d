import {
  type Client,
  type ClientAuthenticationMethod,
  type ClientOrigin,
  isClientSecret,
} from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Params } from "../../core/params.ts";
import type { Peer } from "../../http/peer.ts";
import { type AssertionParts, checkAssertion, readAssertionSubject } from "./client-assertion.ts";
import type { Clients } from "./clients.ts";

/**
 * Who is asking, proven, for the token, revocation and introspection endpoints (RFC 6749 §2.3). Exactly one method,
 * and the kind that the client registered: a secret, a key, or nothing. Where in the request the secret stands doesn't
 * matter: clients in the field register for one place and use the other.
 * @param params the form body; a repeated parameter must have been refused before.
 * @throws OAuthError `invalid_client` (with a challenge where Basic was tried), or `invalid_request` where more than
 * one method is used.
 */
export type AuthenticateClient = (
  request: Request,
  params: Params,
  peer: Pick<Peer, "address">,
) => Promise<Client>;

export type ClientAuthenticationParts = AssertionParts & {
  readonly clients: Pick<Clients, "find">;
  /** The realm of challenges. */
  readonly issuer: string;
};

export function createClientAuthentication(parts: ClientAuthenticationParts): AuthenticateClient {
  return async (request, params, { address }) => {
    const header = request.headers.get("authorization");
    const refuse = refusalFor(header, parts.issuer);
    const attempt = readAttempt(header, params, refuse);
    const client = await parts.clients.find(attempt.clientId, address);
    if (!client) {
      throw refuse("This client is not registered here (any more). Register again.", {
        detail: `unknown client ${show(attempt.clientId)}`,
      });
    }
    checkMethod(client, attempt, refuse);
    switch (attempt.method) {
      case "none":
        return client;
      case "client_secret_basic":
      case "client_secret_post":
        if (attempt.secrets.some((secret) => isClientSecret(client, secret))) return client;
        throw refuse("The client secret is wrong.", { detail: `wrong secret for ${client.id}` });
      case "private_key_jwt":
        await checkAssertion(client, attempt.assertion, parts, address);
        return client;
    }
  };
}

/** What a request claims; nothing of it is proven yet. */
type Attempt =
  | { readonly method: "none"; readonly clientId: string }
  | {
      readonly method: "client_secret_basic" | "client_secret_post";
      readonly clientId: string;
      /** The secret, in each way in which it can be read. */
      readonly secrets: readonly string[];
    }
  | { readonly method: "private_key_jwt"; readonly clientId: string; readonly assertion: string };

type Refuse = (text: string, options?: { detail?: string }) => OAuthError;

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

function readAttempt(header: string | null, params: Params, refuse: Refuse): Attempt {
  const attempts = [fromHeader(header, refuse), fromAssertion(params, refuse), fromBody(params)].filter(
    (attempt) => attempt !== undefined,
  );
  const [attempt, second] = attempts.filter(({ method }) => method !== "none");
  if (attempt && second) {
    throw new OAuthError(
      "invalid_request",
      `The client authenticates with both ${attempt.method} and ${second.method}; use one of them.`,
    );
  }
  const ids = new Set(attempts.map(({ clientId }) => clientId));
  if (ids.size > 1) {
    throw new OAuthError("invalid_request", "The request names two different clients; name one.", {
      detail: [...ids].map(show).join(" and "),
    });
  }
  const found = attempt ?? attempts[0];
  if (!found) throw refuse("The parameter client_id is missing: say which client this is.");
  return found;
}

/** RFC 6749 §2.3.1. An empty secret is none at all: some public clients send their id this way. */
function fromHeader(header: string | null, refuse: Refuse): Attempt | undefined {
  if (header === null || header.trim() === "") return undefined;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) throw refuse(notBasic(header));
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon < 1) throw refuse("The Basic credentials are not of the form client_id:client_secret.");
  const clientId = formDecode(pair.slice(0, colon));
  const secret = pair.slice(colon + 1);
  if (secret === "") return { method: "none", clientId };
  // Many clients leave out the form encoding that the RFC asks for, so the secret may stand there as it is.
  return { method: "client_secret_basic", clientId, secrets: [formDecode(secret), secret] };
}

/** Without the header's own words: one of them may be a secret. */
function notBasic(header: string): string {
  if (/^\s*bearer\b/i.test(header)) {
    return (
      "The Authorization header has a Bearer token, which does not authenticate a client. " +
      "Leave the header out, or use Basic with the client_id and the client secret."
    );
  }
  return /^\s*basic\b/i.test(header)
    ? "The Basic credentials are not base64."
    : "The Authorization header is not of the scheme Basic. Leave it out, or use Basic with the client_id and the client secret.";
}

function fromAssertion(params: Params, refuse: Refuse): Attempt | undefined {
  const assertion = params.get("client_assertion");
  const type = params.get("client_assertion_type");
  if (assertion === undefined && type === undefined) return undefined;
  if (assertion === undefined || type !== JWT_BEARER) {
    throw refuse(`Send client_assertion together with client_assertion_type=${JWT_BEARER}.`);
  }
  const clientId = readAssertionSubject(assertion);
  if (clientId === undefined) throw refuse("The client assertion is not a JWT with a subject.");
  return { method: "private_key_jwt", clientId, assertion };
}

function fromBody(params: Params): Attempt | undefined {
  const clientId = params.get("client_id");
  const secret = params.get("client_secret");
  if (clientId === undefined) return undefined;
  if (secret === undefined) return { method: "none", clientId };
  return { method: "client_secret_post", clientId, secrets: [secret] };
}

function checkMethod(client: Client, { method }: Attempt, refuse: Refuse): void {
  const { authenticationMethod } = client;
  if (method === authenticationMethod) return;
  if (isSecretMethod(method) && isSecretMethod(authenticationMethod)) return;
  const isPublicWithSecret = authenticationMethod === "none" && isSecretMethod(method);
  throw refuse(
    isPublicWithSecret
      ? `This client is public and has no secret: leave the secret out. ${HOW_TO_GET_A_SECRET[client.origin]}`
      : `This client is registered to authenticate with ${authenticationMethod}.`,
    { detail: `${client.id} authenticated with ${method}, not ${authenticationMethod}` },
  );
}

const HOW_TO_GET_A_SECRET: Readonly<Record<ClientOrigin, string>> = {
  registered:
    "To get one, register with token_endpoint_auth_method set to client_secret_basic or client_secret_post.",
  preregistered:
    "To use one, ask the operator to add the client with client_secret_basic or client_secret_post.",
  metadata_document:
    "A client with a metadata document can't have one; it can use private_key_jwt, or register for client_secret_basic or client_secret_post.",
};

function isSecretMethod(method: ClientAuthenticationMethod): boolean {
  return method === "client_secret_basic" || method === "client_secret_post";
}

/** RFC 6749 §5.2: a client that tried the header is told which scheme it should have been. */
function refusalFor(header: string | null, issuer: string): Refuse {
  const challenge = header === null ? {} : { challenge: `Basic realm="${issuer}", charset="UTF-8"` };
  return (text, options = {}) => new OAuthError("invalid_client", text, { ...challenge, ...options });
}

/** RFC 6749 appendix B; what is not encoded properly is taken as it stands. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
