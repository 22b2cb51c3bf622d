import type { Credentials } from "../../platform/client-authentication.ts";

/**
 * Another service at which tools act as the person: what `oauthUpstream()`, `keyUpstream()` and their presets come to. Its name is the
 * one that it has in the option `upstreams`.
 */
export type Upstream = OAuthUpstream | KeyUpstream;

/** A service with OAuth: the person connects their account there. */
export type OAuthUpstream = {
  readonly kind: "oauth";
  /** What people call it: `GitHub`. */
  readonly label: string;
  /** Byte for byte as its metadata has it; undefined where the endpoints are given. */
  readonly issuer: string | undefined;
  readonly metadataUrl: string | undefined;
  /** Undefined where the metadata name it. */
  readonly authorizationUrl: string | undefined;
  readonly tokenUrl: string | undefined;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly scopes: readonly string[];
  /** Further parameters of the authorization request. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where the service says whose account it is, asked with the access token; undefined: the userinfo endpoint of its metadata. */
  readonly accountUrl: string | undefined;
  /** The members of that answer that may say it; the first one that is there. */
  readonly accountFields: readonly string[];
  /** Error codes of the token endpoint, beside `invalid_grant`, that say that a refresh token is worth nothing any more. */
  readonly deadCodes: readonly string[];
  readonly allowInsecure: boolean;
};

/** A service with keys: the person makes one there, and stores it here. */
export type KeyUpstream = {
  readonly kind: "key";
  readonly label: string;
  /** How a person gets a key, in a sentence. */
  readonly help: string | undefined;
  /** The page of the service where a person makes one. */
  readonly keysUrl: string | undefined;
  /** Whether a key that a person wants to store is one; undefined: any text is. */
  readonly check: CheckKey | undefined;
};

/** The operator's own function: false where the key can't be used. It may ask the service. */
export type CheckKey = (key: string) => boolean | Promise<boolean>;
