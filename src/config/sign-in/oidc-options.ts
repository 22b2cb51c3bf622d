import { z } from "zod";
import type { PrivateKey } from "../../platform/signing-key.ts";
import { allowInsecureIssuer, insecureIssuerOption, issuerUrl } from "../allow-insecure-issuer.ts";
import { aFunction, credential, seconds, shownText, text, yesOrNo } from "../basic-schemas.ts";
import { secretMethods } from "../client-credentials.ts";
import { declared, declaredOptions } from "../declared.ts";
import { text as asText, boolean, list, number, pairs, privateKey, words } from "../variables.ts";
import { type KeepTokensOptions, keepTokensOption } from "./keep-tokens-option.ts";

/** What a provider says of a person, but for an address that it does not call verified. */
export type SaidClaims = Readonly<Record<string, unknown>>;

/** The id that a new person gets, from what the provider says. */
export type PersonId = (claims: SaidClaims) => string;

/** OpenID Connect Core 1.0 §1.2. */
const ISSUER = "the provider's issuer, which has no query and no fragment";
/** The names of methods that are no providers, and of the account page's own part: each is its own alone. `magic_link` is no name that a provider can have. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(["users", "password", "passkeys", "totp", "upstreams"]);
const NAME = 'lower-case letters, digits and hyphens, such as "google"';
const CLAIM = 'the name of a claim or its path, such as "realm_access.roles"';
const SCOPES = 'a list of scopes with "openid", such as ["openid", "email"]';
const PARAMETERS = 'an object of texts, such as { organization: "org_123" }';

/** What is ours in a request to a provider. A token for a `resource` would be none that says who somebody is. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  "client_id",
  "client_secret",
  "response_type",
  "response_mode",
  "redirect_uri",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "max_age",
  "request",
  "request_uri",
  "resource",
]);

/** The options of `oidc()`; those of the presets are some of these and a few values of their own. */
export const oidcOptions = {
  issuer: issuerUrl
    .refine((url) => !/[?#]/.test(url), ISSUER)
    .register(declared, {
      says: "The provider's issuer, byte for byte as its metadata has it.",
      fromText: asText,
    }),
  clientId: credential("the client ID that the provider gave you").register(declared, {
    says: "The client ID that the provider gave you.",
    fromText: asText,
  }),
  clientSecret: credential("the client secret that the provider gave you").optional().register(declared, {
    says: "Its secret; give this or a `privateKey`.",
    fromText: asText,
  }),
  privateKey: z.custom<PrivateKey>().optional().register(declared, {
    says: "The private key that signs assertions (`private_key_jwt`), as PEM or a JSON Web Key; give this or a `clientSecret`.",
    fromText: privateKey,
  }),
  algorithm: text("a JWS algorithm").optional().register(declared, {
    says: 'What the private key signs with, such as "ES256".',
    otherwise: "what its kind does",
    fromText: asText,
  }),
  keyId: text("a key id").optional().register(declared, {
    says: "The `kid` under which the provider knows the public key.",
    fromText: asText,
  }),
  assertionAudience: text("the audience that the provider expects").optional().register(declared, {
    says: "The `aud` of the assertion that the private key signs.",
    otherwise: "the issuer",
    fromText: asText,
  }),
  authentication: z
    .enum(secretMethods, '"client_secret_basic" or "client_secret_post"')
    .optional()
    .register(declared, {
      says: "How the secret is sent.",
      otherwise: "as the provider's metadata says",
      fromText: asText,
    }),
  name: z
    .string(NAME)
    .regex(/^[a-z][a-z0-9-]{0,31}$/, NAME)
    .refine((name) => !TAKEN_NAMES.has(name), `a name other than ${[...TAKEN_NAMES].join(", ")}`)
    .optional()
    .register(declared, {
      says: "What URLs, logs and session lists call this way to sign in. It is part of the redirect URI.",
      otherwise: "the name of the function",
      fromText: asText,
    }),
  label: shownText("the name by which people know the provider").optional().register(declared, {
    says: "The name by which people know the provider: the button says “Continue with” it.",
    otherwise: "the provider's name; for `oidc` its host",
    fromText: asText,
  }),
  members: yesOrNo.optional().register(declared, {
    says: "Whether only people of your organization have an account there. If not, the server needs `admit`.",
    otherwise: "`false`",
    fromText: boolean,
  }),
  metadataUrl: issuerUrl.optional().register(declared, {
    says: "Where the provider's metadata is.",
    otherwise: "`/.well-known/openid-configuration` below the issuer",
    fromText: asText,
  }),
  scopes: z
    .array(text(SCOPES), SCOPES)
    .refine((scopes) => scopes.includes("openid"), SCOPES)
    .default(["openid", "profile", "email"])
    .register(declared, {
      says: "The scopes to ask the provider for.",
      otherwise: "`openid`, `profile`, `email`",
      fromText: words,
    }),
  parameters: z
    .record(
      z
        .string()
        .refine((name) => !OWN_PARAMETERS.has(name), "none of the parameters that Gatehouse sends itself"),
      text(PARAMETERS),
      PARAMETERS,
    )
    .optional()
    .register(declared, {
      says: "Further parameters of the authorization request, such as `organization` at Auth0.",
      fromText: pairs,
    }),
  personId: aFunction<PersonId>().optional().register(declared, {
    says: "The id that a new person gets, from the provider's claims: `(claims) => String(claims.sub)`.",
    more: "An id that belongs to someone else is refused. Claims have no `email` unless it is verified.",
    otherwise: "a random id",
  }),
  subject: text(CLAIM).optional().register(declared, {
    says: "The claim that tells people apart, and is never given to someone else.",
    otherwise: "`sub`",
    fromText: asText,
  }),
  emailVerified: z
    .enum(["claim", "always", "never"], '"claim", "always" or "never"')
    .optional()
    .register(declared, {
      says: "Whether an address counts as verified: as `email_verified` says, always (only if your administrators enter the addresses), or never.",
      otherwise: "`claim`",
      fromText: asText,
    }),
  groups: text(CLAIM).optional().register(declared, {
    says: "The claim that lists the person's groups, for `admit`: a name, or a path such as `realm_access.roles`.",
    fromText: asText,
  }),
  profile: z.array(text(CLAIM), "a list of claims").optional().register(declared, {
    says: "Further claims that tools get in `person`, beside `name`, `email`, `acr` and `amr`.",
    fromText: list,
  }),
  newSignIn: z
    .enum(["auth_time", "round_trip"], '"auth_time" or "round_trip"')
    .optional()
    .register(declared, {
      says: "What proves a new sign-in when one is needed: the `auth_time` of the ID token, or only that the person came back from the provider.",
      otherwise: "`auth_time`",
      fromText: asText,
    }),
  endGrants: yesOrNo.optional().register(declared, {
    says: "Whether signing out at the provider (back-channel logout) also ends the person's connected apps.",
    otherwise: "`false`",
    fromText: boolean,
  }),
  leewaySeconds: seconds(0, 300).default(30).register(declared, {
    says: "How far the provider's clock may be off.",
    fromText: number,
  }),
  keepTokens: keepTokensOption,
  [allowInsecureIssuer]: insecureIssuerOption.clone().register(declared, {
    says: "Let these URLs, and those that the metadata names, be `http://` on a network.",
    more: "A symbol, so that you can search for it.",
    otherwise: "`false`",
    fromText: boolean,
  }),
};

/** Each option of `oidc()`, with what is declared of it. */
export const declaredOidcOptions = declaredOptions(oidcOptions);

type Given = z.input<z.ZodObject<typeof oidcOptions>>;

// The members are written as those of `OAuthServerOptions` are.

/** What `oidc` takes. */
export type OidcOptions = {
  /** The provider's issuer, byte for byte as its metadata has it. */
  issuer: Given["issuer"];
  /** The client ID that the provider gave you. */
  clientId: Given["clientId"];
  /** Its secret; give this or a `privateKey`. Default: none. */
  clientSecret?: Given["clientSecret"];
  /**
   * The private key that signs assertions (`private_key_jwt`), as PEM or a JSON Web Key; give this or a `clientSecret`.
   * Default: none.
   */
  privateKey?: Given["privateKey"];
  /** What the private key signs with, such as "ES256". Default: what its kind does. */
  algorithm?: Given["algorithm"];
  /** The `kid` under which the provider knows the public key. Default: none. */
  keyId?: Given["keyId"];
  /** The `aud` of the assertion that the private key signs. Default: the issuer. */
  assertionAudience?: Given["assertionAudience"];
  /** How the secret is sent. Default: as the provider's metadata says. */
  authentication?: Given["authentication"];
  /**
   * What URLs, logs and session lists call this way to sign in. It is part of the redirect URI. Default: the name of
   * the function.
   */
  name?: Given["name"];
  /**
   * The name by which people know the provider: the button says “Continue with” it. Default: the provider's name; for
   * `oidc` its host.
   */
  label?: Given["label"];
  /**
   * Whether only people of your organization have an account there. If not, the server needs `admit`. Default: `false`.
   */
  members?: Given["members"];
  /** Where the provider's metadata is. Default: `/.well-known/openid-configuration` below the issuer. */
  metadataUrl?: Given["metadataUrl"];
  /** The scopes to ask the provider for. Default: `openid`, `profile`, `email`. */
  scopes?: Given["scopes"];
  /** Further parameters of the authorization request, such as `organization` at Auth0. Default: none. */
  parameters?: Given["parameters"];
  /**
   * The id that a new person gets, from the provider's claims: `(claims) => String(claims.sub)`. Default: a random id.
   */
  personId?: Given["personId"];
  /** The claim that tells people apart, and is never given to someone else. Default: `sub`. */
  subject?: Given["subject"];
  /**
   * Whether an address counts as verified: as `email_verified` says, always (only if your administrators enter the
   * addresses), or never. Default: `claim`.
   */
  emailVerified?: Given["emailVerified"];
  /**
   * The claim that lists the person's groups, for `admit`: a name, or a path such as `realm_access.roles`. Default:
   * none.
   */
  groups?: Given["groups"];
  /** Further claims that tools get in `person`, beside `name`, `email`, `acr` and `amr`. Default: none. */
  profile?: Given["profile"];
  /**
   * What proves a new sign-in when one is needed: the `auth_time` of the ID token, or only that the person came back
   * from the provider. Default: `auth_time`.
   */
  newSignIn?: Given["newSignIn"];
  /**
   * Whether signing out at the provider (back-channel logout) also ends the person's connected apps. Default: `false`.
   */
  endGrants?: Given["endGrants"];
  /** How far the provider's clock may be off. Default: `30`. */
  leewaySeconds?: Given["leewaySeconds"];
  /**
   * Keep the provider's tokens too, for `context.upstream(…)`: `{ as: "google", scopes: ["…"] }`. `as` is the name of a
   * service in `upstreams`. Default: none.
   */
  keepTokens?: KeepTokensOptions | undefined;
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};
