import { z } from "zod";
import { ConfigurationError } from "../../core/errors.ts";
import { isScopeToken } from "../../core/scopes.ts";
import {
  allowInsecureIssuer,
  allowsInsecureIssuer,
  issuerUrl,
  secureUrls,
} from "../allow-insecure-issuer.ts";
import { credential, shownText, text } from "../basic-schemas.ts";
import { readCredentials } from "../client-credentials.ts";
import { declared } from "../declared.ts";
import { readGivenOptions } from "../function-options.ts";
import { readOptions } from "../read-options.ts";
import { oidcOptions } from "../sign-in/oidc-options.ts";
import type { OAuthUpstream } from "./settings.ts";

const SCOPES = 'a list of scopes, such as ["repo", "read:org"]';
const FIELD = 'the name of a member, such as "login"';

const { privateKey, algorithm, keyId, authentication } = oidcOptions;

/** What a service gave the operator, beside the client ID. */
export const serviceSecret = credential("the client secret that the service gave you");

/** What every service with OAuth needs. */
export const sharedUpstreamOptions = {
  clientId: credential("the client ID that the service gave you").register(declared, {
    says: "The client ID that the service gave you.",
  }),
  scopes: z.array(z.string(SCOPES).refine(isScopeToken, SCOPES), SCOPES).default([]).register(declared, {
    says: "The scopes to ask the service for.",
    otherwise: "none, so that the service decides",
  }),
  parameters: oidcOptions.parameters.unwrap().clone().optional().register(declared, {
    says: 'Further parameters of the authorization request, such as `{ audience: "api.example.com" }`.',
  }),
};

const LABEL = "the name by which people know the service";
const LONGEST_LABEL = 60;
/** It is in buttons and sentences. */
export const upstreamLabel = shownText(LABEL).max(
  LONGEST_LABEL,
  `${LABEL}, of at most ${LONGEST_LABEL} characters`,
);

/** The name of a service that has a usual one. */
export const usualLabel = (name: string) =>
  upstreamLabel.optional().register(declared, {
    says: "The name by which people know the service.",
    otherwise: `\`${name}\``,
  });

/** The options of `oauthUpstream()`. */
export const oauthUpstreamOptions = {
  label: upstreamLabel
    .clone()
    .register(declared, { says: "The name by which people know the service: `GitLab`." }),
  issuer: oidcOptions.issuer.clone().optional().register(declared, {
    says: "The issuer, byte for byte as its metadata has it: the endpoints are read there. Without it, give `authorizationUrl` and `tokenUrl`.",
  }),
  metadataUrl: issuerUrl.optional().register(declared, {
    says: "Where the metadata are.",
    otherwise: "the well-known places of the issuer",
  }),
  authorizationUrl: issuerUrl.optional().register(declared, {
    says: "The authorization endpoint.",
    otherwise: "as the metadata say",
  }),
  tokenUrl: issuerUrl.optional().register(declared, {
    says: "The token endpoint.",
    otherwise: "as the metadata say",
  }),
  ...sharedUpstreamOptions,
  clientSecret: serviceSecret.optional().register(declared, {
    says: "Its secret; give this or a `privateKey`.",
  }),
  privateKey: privateKey.unwrap().clone().optional().register(declared, {
    says: "The private key that signs assertions (`private_key_jwt`), as PEM or a JSON Web Key; give this or a `clientSecret`.",
  }),
  algorithm: algorithm.unwrap().clone().optional().register(declared, {
    says: 'What the private key signs with, such as "ES256".',
    otherwise: "what its kind does",
  }),
  keyId: keyId.unwrap().clone().optional().register(declared, {
    says: "The `kid` under which the service knows the public key.",
  }),
  assertionAudience: text("the audience that the service expects").optional().register(declared, {
    says: "The `aud` of the assertion that the private key signs.",
    otherwise: "the issuer",
  }),
  authentication: authentication.unwrap().clone().optional().register(declared, {
    says: "How the secret is sent.",
    otherwise: "as the metadata say, else `client_secret_basic`",
  }),
  accountUrl: issuerUrl.optional().register(declared, {
    says: "Where the service tells whose account it is: asked with the access token when a person connects, so that the account page can show it.",
    otherwise: "the userinfo endpoint, if the metadata have one",
  }),
  accountField: text(FIELD).optional().register(declared, {
    says: "The member of that answer by which the person knows the account.",
    otherwise: "the first of `email`, `preferred_username`, `login`, `username`, `name`",
  }),
  [allowInsecureIssuer]: oidcOptions[allowInsecureIssuer].unwrap().clone().optional().register(declared, {
    says: "Let these URLs, and those that the metadata names, be `http://` on a network.",
    more: "A symbol, so that you can search for it.",
    otherwise: "`false`",
  }),
};

type Given = z.input<z.ZodObject<typeof oauthUpstreamOptions>>;

// The members are written as those of `OAuthServerOptions` are.

/** What `oauthUpstream` takes. */
export type OAuthUpstreamOptions = {
  /** The name by which people know the service: `GitLab`. */
  label: Given["label"];
  /**
   * The issuer, byte for byte as its metadata has it: the endpoints are read there. Without it, give `authorizationUrl`
   * and `tokenUrl`. Default: none.
   */
  issuer?: Given["issuer"];
  /** Where the metadata are. Default: the well-known places of the issuer. */
  metadataUrl?: Given["metadataUrl"];
  /** The authorization endpoint. Default: as the metadata say. */
  authorizationUrl?: Given["authorizationUrl"];
  /** The token endpoint. Default: as the metadata say. */
  tokenUrl?: Given["tokenUrl"];
  /** The client ID that the service gave you. */
  clientId: Given["clientId"];
  /** The scopes to ask the service for. Default: none, so that the service decides. */
  scopes?: Given["scopes"];
  /** Further parameters of the authorization request, such as `{ audience: "api.example.com" }`. Default: none. */
  parameters?: Given["parameters"];
  /** Its secret; give this or a `privateKey`. Default: none. */
  clientSecret?: Given["clientSecret"];
  /**
   * The private key that signs assertions (`private_key_jwt`), as PEM or a JSON Web Key; give this or a `clientSecret`.
   * Default: none.
   */
  privateKey?: Given["privateKey"];
  /** What the private key signs with, such as "ES256". Default: what its kind does. */
  algorithm?: Given["algorithm"];
  /** The `kid` under which the service knows the public key. Default: none. */
  keyId?: Given["keyId"];
  /** The `aud` of the assertion that the private key signs. Default: the issuer. */
  assertionAudience?: Given["assertionAudience"];
  /** How the secret is sent. Default: as the metadata say, else `client_secret_basic`. */
  authentication?: Given["authentication"];
  /**
   * Where the service tells whose account it is: asked with the access token when a person connects, so that the
   * account page can show it. Default: the userinfo endpoint, if the metadata have one.
   */
  accountUrl?: Given["accountUrl"];
  /**
   * The member of that answer by which the person knows the account. Default: the first of `email`,
   * `preferred_username`, `login`, `username`, `name`.
   */
  accountField?: Given["accountField"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

const ACCOUNT_FIELDS = ["email", "preferred_username", "login", "username", "name"];

const schema = z
  .strictObject(oauthUpstreamOptions)
  .check(secureUrls(["issuer"], ["metadataUrl"], ["authorizationUrl"], ["tokenUrl"], ["accountUrl"]));

/**
 * What the options of `oauthUpstream()` come to.
 * @throws ConfigurationError
 */
export function parseOAuthUpstream(given: OAuthUpstreamOptions): OAuthUpstream {
  return readGivenOptions("oauthUpstream", "{ label, issuer, clientId, clientSecret }", given, (options) => {
    const { parsed } = readOptions(schema, options);
    const { issuer, authorizationUrl, tokenUrl, accountField } = parsed;
    if (issuer === undefined && (authorizationUrl === undefined || tokenUrl === undefined)) {
      throw new ConfigurationError("issuer is missing; give it, or both authorizationUrl and tokenUrl.");
    }
    if (issuer === undefined && parsed.metadataUrl !== undefined) {
      throw new ConfigurationError(
        "metadataUrl is given without the issuer that its document names. Give issuer too.",
      );
    }
    return {
      kind: "oauth",
      label: parsed.label,
      issuer,
      metadataUrl: parsed.metadataUrl,
      authorizationUrl,
      tokenUrl,
      clientId: parsed.clientId,
      credentials: readCredentials({ ...parsed, method: parsed.authentication }, (name) => name),
      scopes: parsed.scopes,
      parameters: parsed.parameters ?? {},
      accountUrl: parsed.accountUrl,
      accountFields: accountField === undefined ? ACCOUNT_FIELDS : [accountField],
      deadCodes: [],
      allowInsecure: allowsInsecureIssuer(parsed),
    };
  });
}
