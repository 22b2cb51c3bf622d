import { describable } from "./errors.ts";

/** A `WWW-Authenticate: Bearer` challenge (RFC 6750 §3, RFC 9728 §5.1). */
export type BearerChallenge = {
  /** Absolute URL of the protected resource metadata. */
  readonly resourceMetadata: string;
  readonly scopes?: readonly string[];
  readonly error?: "invalid_request" | "invalid_token" | "insufficient_scope" | "access_denied";
  readonly description?: string;
};

export function formatChallenge(challenge: BearerChallenge): string {
  const parameters = [
    challenge.error && `error="${challenge.error}"`,
    challenge.description && `error_description="${describable(challenge.description)}"`,
    challenge.scopes?.length && `scope="${challenge.scopes.join(" ")}"`,
    `resource_metadata="${challenge.resourceMetadata}"`,
  ].filter(Boolean);
  return `Bearer ${parameters.join(", ")}`;
}

/** What an `Authorization` header holds, as far as Bearer tokens go. */
export type BearerCredentials =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  | { readonly kind: "token"; readonly token: string };

/** RFC 6750 §2.1: `b64token`, one, after the scheme (case-insensitive, RFC 9110 §11.1). */
const BEARER_TOKEN = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const BEARER = /^bearer(?: |$)/i;

/** Reads the header. Another scheme counts as no token: the challenge then tells which one is wanted. */
export function readBearer(header: string | null): BearerCredentials {
  if (header === null) return { kind: "none" };
  const trimmed = header.trim();
  const token = BEARER_TOKEN.exec(trimmed)?.[1];
  if (token !== undefined) return { kind: "token", token };
  return { kind: BEARER.test(trimmed) ? "malformed" : "none" };
}
