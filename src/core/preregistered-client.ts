import { type Client, type ClientAuthenticationMethod, hashClientSecret, isDocumentUrl } from "./client.ts";
import { CLIENT_CREDENTIALS, type MetadataRules, parseClientMetadata } from "./client-metadata.ts";
import { ConfigurationError, OAuthError } from "./errors.ts";
import { redirectKind } from "./redirect-uri.ts";

/** A client as the operator describes it, by options or by command. */
export type ClientDescription = {
  readonly id: string;
  /** Kept as a hash only. At least 16 characters. */
  readonly secret?: string | undefined;
  readonly name?: string | undefined;
  /** Not needed with the grant type client_credentials alone. */
  readonly redirectUris?: readonly string[] | undefined;
  /** Unless said: by its keys where it has some, by its secret where it has one, else a public client. */
  readonly authenticationMethod?: ClientAuthenticationMethod | undefined;
  readonly jwks?: Client["jwks"] | undefined;
  readonly jwksUri?: string | undefined;
  /** Unless said: authorization_code and refresh_token. client_credentials lets it act for itself. */
  readonly grantTypes?: readonly string[] | undefined;
  /** What it may ask for. Nothing said limits nothing, except where it acts for itself: then it is what is required. */
  readonly scopes?: readonly string[] | undefined;
  readonly clientUri?: string | undefined;
  readonly logoUri?: string | undefined;
  readonly applicationType?: "web" | "native" | undefined;
  /** Whether people who have approved it are not asked again for the same. Its redirect URIs must be https, of hosts. Unless said: false. */
  readonly rememberConsent?: boolean | undefined;
};

/**
 * The client that an operator describes, under the same rules as one that registers itself.
 * @param now epoch milliseconds, for `createdAt`.
 * @throws ConfigurationError that says what is wrong with it.
 */
export function preregisteredClient(
  description: ClientDescription,
  {
    mayBeDocumentUrl = false,
    called = `The client ${description.id}`,
    ...rules
  }: MetadataRules & {
    /** Whether its id may be what is elsewhere the URL of a metadata document. */
    readonly mayBeDocumentUrl?: boolean;
    /** How sentences begin, where its id says nothing to the operator. */
    readonly called?: string;
  },
  now: number,
): Client {
  const { id, secret } = description;
  checkId(id, mayBeDocumentUrl);
  const method = description.authenticationMethod ?? impliedMethod(description);
  const needsSecret = method === "client_secret_basic" || method === "client_secret_post";
  if (needsSecret !== (secret !== undefined)) {
    throw new ConfigurationError(
      needsSecret
        ? `${called} authenticates with ${method}, so it needs a secret.`
        : `${called} has a secret but authenticates with ${method}. Leave one of them out.`,
    );
  }
  if (secret !== undefined && secret.length < MINIMUM_SECRET_LENGTH) {
    throw new ConfigurationError(
      `${called} has a secret of ${secret.length} characters; it must have at least ${MINIMUM_SECRET_LENGTH}. ` +
        "Make one with: openssl rand -base64 32",
    );
  }
  if (method === "none" && description.grantTypes?.includes(CLIENT_CREDENTIALS)) {
    // A client_id is no secret: anybody could be this client (RFC 6749 §4.4).
    throw new ConfigurationError(
      `${called} acts for itself (client_credentials), so it needs a secret or public keys.`,
    );
  }
  const unknown = description.scopes?.find((scope) => !rules.catalogue.descriptions.has(scope));
  if (unknown !== undefined) {
    // Narrowing it away, as for clients that register themselves, could leave none, which limits nothing.
    throw new ConfigurationError(`${called} has the scope ${unknown}, which this server does not know.`);
  }
  const parsed = parse(description, method, rules, called);
  const remembersConsent = description.rememberConsent ?? false;
  if (remembersConsent) checkRemembering(called, parsed);
  return {
    ...parsed,
    remembersConsent,
    id,
    origin: "preregistered",
    secretHash: secret === undefined ? null : hashClientSecret(secret),
    createdAt: now,
  };
}

const MINIMUM_SECRET_LENGTH = 16;
/** RFC 6749 appendix A.1, without spaces. */
const CLIENT_ID = /^[\x21-\x7E]{1,255}$/;
/** Ids that mean something else: a registration's hash, and the URL of a metadata document. */
const TAKEN_ID = /^(dcr_|https?:)/i;

/** Whether an operator may have given this id to a client. */
export function mayBePreregistered(id: string): boolean {
  return CLIENT_ID.test(id) && !TAKEN_ID.test(id);
}

function checkId(id: string, mayBeDocumentUrl: boolean): void {
  if (mayBePreregistered(id) || (mayBeDocumentUrl && CLIENT_ID.test(id) && isDocumentUrl(id))) return;
  throw new ConfigurationError(
    `The client id ${JSON.stringify(id)} cannot be used: up to 255 printable ASCII characters without spaces, ` +
      "not beginning with dcr_ or https:.",
  );
}

/** On this computer or device, any program can be at the other end. */
function checkRemembering(
  called: string,
  { redirectUris, grantTypes }: Pick<Client, "redirectUris" | "grantTypes">,
): void {
  if (!grantTypes.includes("authorization_code")) {
    throw new ConfigurationError(
      `${called} asks no one for consent, so it has nothing to remember. Leave rememberConsent (--remember-consent) out.`,
    );
  }
  const other = redirectUris.find((uri) => redirectKind(uri) !== "https");
  if (other === undefined) return;
  throw new ConfigurationError(
    `${called} can't have its consent remembered: anyone's program can listen at ${other}. ` +
      "Leave rememberConsent (--remember-consent) out, or give it redirect URIs that begin with https:// and a host.",
  );
}

function impliedMethod({ secret, jwks, jwksUri }: ClientDescription): ClientAuthenticationMethod {
  if (jwks || jwksUri !== undefined) return "private_key_jwt";
  return secret === undefined ? "none" : "client_secret_basic";
}

function parse(
  description: ClientDescription,
  method: ClientAuthenticationMethod,
  rules: MetadataRules,
  called: string,
) {
  try {
    return parseClientMetadata(
      {
        client_name: description.name,
        redirect_uris: description.redirectUris ?? [],
        token_endpoint_auth_method: method,
        jwks: description.jwks,
        jwks_uri: description.jwksUri,
        grant_types: description.grantTypes,
        scope: description.scopes?.join(" "),
        client_uri: description.clientUri,
        logo_uri: description.logoUri,
        application_type: description.applicationType,
      },
      { ...rules, grantTypes: ["authorization_code", "refresh_token", CLIENT_CREDENTIALS] },
    );
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new ConfigurationError(`${called}: ${error.message}`);
  }
}
