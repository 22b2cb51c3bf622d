import { z } from "zod";
import { USUAL_CLAIM_NAMES } from "../core/provider-claims.ts";
import type { PrivateKey } from "../platform/signing-key.ts";
import { allowInsecureIssuer, insecureIssuerOption, issuerUrl, secureUrls } from "./allow-insecure-issuer.ts";
import { seconds, text, yesOrNo } from "./basic-schemas.ts";
import { secretMethods } from "./client-credentials.ts";

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

/** An OAuth or OpenID provider whose access tokens open this server. */
export const providerSchema = z
  .strictObject({
    /** The issuer, byte for byte what its tokens say in `iss`. */
    issuer: issuerUrl,
    /** Other spellings of `iss` that the provider uses (Entra's v1 tokens). */
    issuerAliases: z.array(text("an issuer")).default([]),
    /** One of these must be in the token's `aud`. There is no default: without it any token of the provider would do. */
    audience: oneOrMore(AUDIENCE),
    /** The authorization server that clients are sent to, where it is not the issuer (Scalekit). */
    authorizationServer: issuerUrl.optional(),
    /** Where its keys are; found by discovery unless said. */
    jwksUri: issuerUrl.optional(),
    /** Where its metadata is, where it is at none of the usual places. */
    metadataUrl: issuerUrl.optional(),
    [allowInsecureIssuer]: insecureIssuerOption,
    /** For opaque tokens: the credentials to ask the provider about them (RFC 7662). */
    introspection: z
      .strictObject({
        endpoint: issuerUrl.optional(),
        clientId: text("the client_id"),
        /** One of these two. */
        clientSecret: text("the client_secret").optional(),
        privateKey: z.custom<PrivateKey>().optional(),
        /** What the private key signs with, such as "ES256". Unless said, what its kind does. */
        algorithm: text("a JWS algorithm").optional(),
        /** The `kid` under which the provider knows the public key. */
        keyId: text("a key id").optional(),
        /** `aud` of the assertion that the private key signs. Unless said, the issuer. */
        assertionAudience: text("the audience that the provider expects").optional(),
        /** How the credentials are sent. Unless said, a secret in the header. */
        authentication: z
          .enum(
            [...secretMethods, "private_key_jwt"],
            '"client_secret_basic", "client_secret_post" or "private_key_jwt"',
          )
          .optional(),
        /** How long an active token is believed without asking again, never past its end. Default 60. */
        cacheSeconds: seconds(0, 3600).default(BELIEVED_SECONDS),
      })
      .optional(),
    /** For opaque tokens of Google, which has an endpoint of its own kind in place of RFC 7662. */
    tokeninfo: issuerUrl.optional(),
    /**
     * For tokens that only your own code can read: it resolves to their claims, as introspection answers them, or to
     * undefined. They are believed for a minute, and never past their end.
     */
    verify: z
      .custom<VerifyToken>(
        (value) => typeof value === "function",
        "a function that takes a token and returns its claims, or undefined",
      )
      .optional(),
    /** Stands before the ids of its people, where several issuers are accepted: "okta:" makes "okta:00u1" of "00u1". */
    personPrefix: z
      .string(PREFIX)
      .regex(/^[A-Za-z0-9._-]{1,63}:$/, PREFIX)
      .optional(),
    /** Says that an id of this provider is the person of that id at the first issuer. */
    samePeople: yesOrNo.default(false),
    /**
     * What stands before the name of a scope where clients ask for it (Entra, Cognito). It is put before the scopes in
     * challenges and documents, and taken away from those in tokens.
     */
    scopePrefix: z.string("text").default(""),
    /**
     * What marks the provider's access tokens, where its ID tokens look alike: claims of which one must be there, or
     * several lists, of each of which one must.
     */
    accessTokenClaims: z
      .union(
        [
          z.array(text(CLAIM)).transform((one) => (one.length > 0 ? [one] : [])),
          z.array(z.array(text(CLAIM)).min(1)),
        ],
        "a list of claims, or a list of such lists",
      )
      .default([]),
    /** Which claims hold what, where the provider does it in its own way. */
    claims: z
      .strictObject({
        scopes: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.scopes]),
        person: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.person]),
        client: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.client]),
        audience: text(CLAIM).default("aud"),
      })
      .prefault({}),
    /** How far the provider's clock may be off. Default 30. */
    leewaySeconds: seconds(0, 300).default(30),
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
