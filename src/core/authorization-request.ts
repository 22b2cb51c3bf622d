import { OAuthError, quoted } from "./errors.ts";
import type { Params } from "./params.ts";
import { requireParam } from "./params.ts";
import { isCodeChallenge } from "./pkce.ts";
import { requireResource } from "./resource.ts";
import { narrowScopes, parseScopes, type ScopeCatalogue } from "./scopes.ts";

/** What a client asks for, once it is settled who asks and where the answer goes. */
export type AuthorizationParameters = {
  readonly codeChallenge: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly prompt: Prompt;
  /** The sign-in must not be older than so many seconds. */
  readonly maxAgeSeconds: number | undefined;
  /** Whom the client expects, as they type it. */
  readonly loginHint: string | undefined;
};

/** OpenID Connect Core §3.1.2.1, as far as it means something here. */
export type Prompt = { readonly none: boolean; readonly login: boolean; readonly consent: boolean };

const MAXIMUM_STATE_LENGTH = 4096;

/**
 * Reads the rest of an authorization request (OAuth 2.1 §4.1.1, RFC 7636 §4.3, RFC 8707 §2).
 * @throws OAuthError which is answered by redirect: the redirect URI is settled already.
 */
export function readAuthorizationParameters(
  params: Params,
  server: { readonly resource: string; readonly catalogue: ScopeCatalogue },
): AuthorizationParameters {
  const [repeated] = params.repeated;
  if (repeated !== undefined) {
    throw new OAuthError("invalid_request", `The parameter ${quoted(repeated)} is repeated.`);
  }
  if ((params.get("state")?.length ?? 0) > MAXIMUM_STATE_LENGTH) {
    throw new OAuthError(
      "invalid_request",
      `The parameter state is longer than ${MAXIMUM_STATE_LENGTH} characters.`,
    );
  }
  requireCodeResponse(params);
  const codeChallenge = requireS256Challenge(params);
  // A client of 2025-03-26 names none: there is only this one.
  requireResource(params.all("resource"), server.resource);
  return {
    codeChallenge,
    resource: server.resource,
    scopes: narrowScopes(requestedScopes(params, server.catalogue), server.catalogue),
    prompt: readPrompt(params),
    maxAgeSeconds: readMaxAge(params),
    loginHint: readLoginHint(params),
  };
}

function requireCodeResponse(params: Params): void {
  const responseType = requireParam(params, "response_type");
  if (responseType !== "code") {
    throw new OAuthError("unsupported_response_type", "Only response_type=code is supported.");
  }
  const mode = params.get("response_mode");
  if (mode !== undefined && mode !== "query") {
    throw new OAuthError("invalid_request", "Only response_mode=query is supported.");
  }
}

function requireS256Challenge(params: Params): string {
  const challenge = params.get("code_challenge");
  if (challenge === undefined) {
    throw new OAuthError(
      "invalid_request",
      "The parameter code_challenge is missing: this server requires PKCE with code_challenge_method=S256.",
    );
  }
  // RFC 7636 §4.3: a missing method means plain, which is not accepted.
  if (params.get("code_challenge_method") !== "S256") {
    throw new OAuthError("invalid_request", "The parameter code_challenge_method must be S256.");
  }
  if (!isCodeChallenge(challenge)) {
    throw new OAuthError(
      "invalid_request",
      "The parameter code_challenge is not the base64url of a SHA-256 hash.",
    );
  }
  return challenge;
}

/** A request for nothing that we know means everything on offer: the person can untick it. */
function requestedScopes(params: Params, catalogue: ScopeCatalogue): readonly string[] {
  const known = parseScopes(params.get("scope")).filter((scope) => catalogue.descriptions.has(scope));
  return known.length > 0 ? known : catalogue.required.length > 0 ? [] : [...catalogue.descriptions.keys()];
}

function readPrompt(params: Params): Prompt {
  const values = parseScopes(params.get("prompt"));
  const none = values.includes("none");
  if (none && values.length > 1) {
    throw new OAuthError("invalid_request", "prompt=none cannot be combined with other values.");
  }
  return {
    none,
    login: values.includes("login") || values.includes("select_account"),
    consent: values.includes("consent"),
  };
}

/** OpenID Connect Core §3.1.2.1. */
function readMaxAge(params: Params): number | undefined {
  const given = params.get("max_age");
  if (given === undefined) return undefined;
  if (!/^\d{1,10}$/.test(given)) {
    throw new OAuthError("invalid_request", "The parameter max_age must be a whole number of seconds.");
  }
  return Number(given);
}

const MAXIMUM_HINT_LENGTH = 320;

/** A hint only: one that no username or address can be is left out. */
function readLoginHint(params: Params): string | undefined {
  const hint = params.get("login_hint")?.trim();
  return hint === "" || (hint?.length ?? 0) > MAXIMUM_HINT_LENGTH ? undefined : hint;
}
