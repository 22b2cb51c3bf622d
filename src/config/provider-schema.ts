import { z } from "zod";
import { USUAL_CLAIM_NAMES } from "../core/provider-claims.ts";
import type { PrivateKey } from "../platform/signing-key.ts";
import { allowInsecureIssuer, insecureIssuerOption, issuerUrl, secureUrls } from "./allow-insecure-issuer.ts";
import { credential, seconds, text, yesOrNo } from "./basic-schemas.ts";
import { secretMethods } from "./client-credentials.ts";
import { declared, declaredOptions } from "./declared.ts";

const oneOrMore = (must: string) =>
  z.union([text(must).transform((one) => [one]), z.array(text(must), must).min(1, must)], must);
const AUDIENCE = "what the provider puts into `aud` for this server, as text or a list of texts";
const CLAIM = 'the name of a claim or its path, such as "realm_access.roles", or a list of them';
const PREFIX = 'letters, digits, ".", "_" or "-" and a ":" at the end, such as "okta:"';

/** What a provider revokes is let in no longer than that. */
export const BELIEVED_SECONDS = 60;

/** What is known of a token, as an introspection answer says it (RFC 7662 §2.2). */
export type ToldClaims = Readonly<Record<string, unknown>>;

/**
 * Says what a token says, or undefined where it is not good.
 * @throws whatever it likes where it cannot tell: the request is answered 503, and the token not called bad
 */
export type VerifyToken = (
  token: string,
) => ToldClaims | null | undefined | false | Promise<ToldClaims | null | undefined | false>;

/** The credentials to ask a provider about opaque tokens (RFC 7662). */
const introspection = z.strictObject({
  endpoint: issuerUrl.optional().register(declared, {
    says: "Where the provider is asked.",
    otherwise: "as its metadata says",
  }),
  clientId: credential("the client_id").register(declared, { says: "The `client_id` that asks." }),
  clientSecret: credential("the client_secret").optional().register(declared, {
    says: "Its secret; give this or a `privateKey`.",
  }),
  privateKey: z.custom<PrivateKey>().optional().register(declared, {
    says: "Its private key; give this or a `clientSecret`.",
  }),
  algorithm: text("a JWS algorithm").optional().register(declared, {
    says: 'What the private key signs with, such as "ES256".',
    otherwise: "what its kind does",
  }),
  keyId: text("a key id").optional().register(declared, {
    says: "The `kid` under which the provider knows the public key.",
  }),
  assertionAudience: text("the audience that the provider expects").optional().register(declared, {
    says: "The `aud` of the assertion that the private key signs.",
    otherwise: "the issuer",
  }),
  authentication: z
    .enum(
      [...secretMethods, "private_key_jwt"],
      '"client_secret_basic", "client_secret_post" or "private_key_jwt"',
    )
    .optional()
    .register(declared, {
      says: "How the credentials are sent.",
      otherwise: "a secret in the header, a key as an assertion",
    }),
  cacheSeconds: seconds(0, 3600).default(BELIEVED_SECONDS).register(declared, {
    says: "How long an active token is believed without asking again, never past its end.",
  }),
});

/** Which claims hold what. */
const claims = z.strictObject({
  scopes: oneOrMore(CLAIM)
    .default([...USUAL_CLAIM_NAMES.scopes])
    .register(declared, { says: "The claims that may hold the scopes." }),
  person: oneOrMore(CLAIM)
    .default([...USUAL_CLAIM_NAMES.person])
    .register(declared, { says: "The claims that may hold the person's id." }),
  client: oneOrMore(CLAIM)
    .default([...USUAL_CLAIM_NAMES.client])
    .register(declared, { says: "The claims that may hold the client's id." }),
  subject: text("the name of a claim or its path").default(USUAL_CLAIM_NAMES.subject).register(declared, {
    says: "The claim that is the subject of people who also sign in here through the provider.",
  }),
  audience: text(CLAIM).default("aud").register(declared, { says: "The claim that holds the audience." }),
});

/** An OAuth or OpenID provider whose access tokens open this server. */
export const providerSchema = z
  .strictObject({
    issuer: issuerUrl.clone().register(declared, {
      says: "The issuer, byte for byte what its tokens say in `iss`.",
    }),
    issuerAliases: z.array(text("an issuer")).default([]).register(declared, {
      says: "Other spellings of `iss` that the provider uses (Entra's v1 tokens).",
    }),
    audience: oneOrMore(AUDIENCE).register(declared, {
      says: "What its tokens say in `aud` for this server, as text or a list of which one must be there.",
      more: "There is no default: without it, any token of the provider would be accepted.",
    }),
    authorizationServer: issuerUrl.optional().register(declared, {
      says: "The authorization server that clients are sent to, where it is not the issuer (Scalekit).",
      otherwise: "the issuer",
    }),
    jwksUri: issuerUrl.optional().register(declared, {
      says: "Where its keys are.",
      otherwise: "as its metadata says",
    }),
    metadataUrl: issuerUrl.optional().register(declared, {
      says: "Where its metadata is, where that is at none of the usual places.",
      otherwise: "the usual places",
    }),
    introspection: introspection.optional().register(declared, {
      says: "For opaque tokens: the credentials to ask the provider about them (RFC 7662).",
      more: 'Give `{ clientId, clientSecret, endpoint?, cacheSeconds? }`. An active token is believed for `cacheSeconds` (60), and never past its end. `authentication` is `"client_secret_basic"`, `"client_secret_post"` or, with a `privateKey` instead of the secret, `"private_key_jwt"`.',
    }),
    tokeninfo: issuerUrl.optional().register(declared, {
      says: "For opaque tokens of Google, which has its own kind of endpoint instead of RFC 7662.",
    }),
    verify: z
      .custom<VerifyToken>(
        (value) => typeof value === "function",
        "a function that takes a token and returns its claims, or undefined",
      )
      .optional()
      .register(declared, {
        says: "For tokens that only your own code can read: it resolves to their claims, as introspection answers them, or to `undefined`.",
        more: "They are believed for a minute, and never past their end. [More](providers/README.md#opaque-tokens).",
      }),
    personPrefix: z
      .string(PREFIX)
      .regex(/^[A-Za-z0-9._-]{1,63}:$/, PREFIX)
      .optional()
      .register(declared, {
        says: 'Prefix for the ids of its people, if several issuers are accepted: "okta:" makes "okta:00u1" of "00u1".',
        more: "Each issuer after the first has this or `samePeople`. [More](providers/README.md#several-at-once).",
      }),
    samePeople: yesOrNo.default(false).register(declared, {
      says: "Whether an id of this provider is the person of that id at the first issuer.",
    }),
    scopePrefix: z.string("text").default("").register(declared, {
      says: "The prefix of a scope's name in requests of clients (Entra, Cognito).",
      more: "It is added to the scopes in challenges and documents, and removed from those in tokens.",
    }),
    accessTokenClaims: z
      .union(
        [
          z.array(text(CLAIM)).transform((one) => (one.length > 0 ? [one] : [])),
          z.array(z.array(text(CLAIM)).min(1)),
        ],
        "a list of claims, or a list of such lists",
      )
      .default([])
      .register(declared, {
        says: "What marks the provider's access tokens, where its ID tokens look alike: claims of which one must be there, or several such lists.",
        more: "[The rules without it](providers/README.md#what-an-access-token-must-show).",
      }),
    claims: claims.prefault({}).register(declared, {
      says: "Which claims hold what, where the provider does it in its own way.",
      more: "The `scopes` (`scope`, `scp`, `permissions`), the `person` (`sub`), the `client` (`client_id`, `azp`, `cid`), the `audience` (`aud`), and the `subject` (`sub`) by which [people who also sign in here](people.md#a-providers-tokens-beside-your-own-sign-in) are found: a name, else a path (`realm_access.roles`).",
      otherwise: "the usual claims",
    }),
    leewaySeconds: seconds(0, 300).default(30).register(declared, {
      says: "How far the provider's clock may be off.",
    }),
    [allowInsecureIssuer]: insecureIssuerOption.clone().register(declared, {
      says: "Let these URLs, and those that the metadata names, be `http://` on a network.",
      more: "See [inside a cluster](providers/README.md#a-provider-inside-your-cluster). A symbol, so that you can search for it.",
      otherwise: "`false`",
    }),
  })
  .check(
    secureUrls(
      ["issuer"],
      ["authorizationServer"],
      ["jwksUri"],
      ["metadataUrl"],
      ["introspection", "endpoint"],
      ["tokeninfo"],
    ),
  );

/** Each option of a provider, with what is declared of it. */
export const providerOptions = declaredOptions(providerSchema.shape);
