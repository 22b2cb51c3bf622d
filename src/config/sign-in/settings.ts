import type { Credentials } from "../../platform/client-authentication.ts";
import type { PersonId, SaidClaims } from "./oidc-options.ts";

/** What every sign-in somewhere else comes to once its options are parsed. */
export type ElsewhereSettings = {
  readonly name: string;
  readonly label: string;
  readonly people: "members" | "public";
  readonly personId: PersonId | undefined;
};

/** The same of a provider with OAuth. */
export type UpstreamSettings = ElsewhereSettings & {
  readonly clientId: string;
  /** Where its tokens are kept for tools; undefined where they are not. */
  readonly keepTokens: KeepTokens | undefined;
};

export type KeepTokens = {
  /** The name of the upstream. */
  readonly as: string;
  /** What is asked for beside what the sign-in needs. */
  readonly scopes: readonly string[];
};

/** The same of an OpenID Connect provider. */
export type OidcSettings = UpstreamSettings & {
  /** Byte for byte; with `{tenantid}` in it where each tenant of Entra is an issuer of its own. */
  readonly issuer: string;
  readonly metadataUrl: string | undefined;
  readonly credentials: Credentials;
  readonly scopes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** The claim that tells people apart. */
  readonly subject: string;
  /** `true`: only the JSON value counts, and no text. */
  readonly emailVerified: "claim" | "true" | "always" | "never";
  readonly groups: string | undefined;
  readonly profile: readonly string[];
  /** Whether its userinfo endpoint may know more than its ID tokens. */
  readonly usesUserinfo: boolean;
  readonly newSignIn: "auth_time" | "round_trip";
  /** Whether it knows `prompt=select_account`, where its metadata do not say it. */
  readonly knowsSelectAccount: boolean;
  readonly endGrants: boolean;
  readonly leewaySeconds: number;
  readonly allowInsecure: boolean;
  /** Why this provider's person is one of an organisation that was not meant; undefined where they are. */
  readonly refuse: (claims: SaidClaims) => string | undefined;
};

/** The same of GitHub. */
export type GithubSettings = UpstreamSettings & {
  readonly clientSecret: string;
  /** Also what is kept as the issuer of its people. */
  readonly baseUrl: string;
  readonly apiUrl: string;
  readonly groups: "organizations" | "teams" | undefined;
  readonly allowInsecure: boolean;
};
