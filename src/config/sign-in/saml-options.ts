import { z } from "zod";
import type { DomainEntry } from "../../core/email-address.ts";
import { isUsableUrl } from "../../platform/addresses.ts";
import { domainList } from "../admit-options.ts";
import { allowInsecureIssuer, allowsInsecureIssuer, SECURE_URL } from "../allow-insecure-issuer.ts";
import { text } from "../basic-schemas.ts";
import { declared } from "../declared.ts";
import { text as asText, list } from "../variables.ts";
import { defineSignIn, type SignInDefinition } from "./definition.ts";
import { oidcOptions } from "./oidc-options.ts";
import type { ElsewhereSettings } from "./settings.ts";

const METADATA = "the identity provider's metadata: its https:// URL, the path of a file, or the XML itself";
const ATTRIBUTE = 'the name of an attribute, such as "groups"';
const DOMAINS = 'left out or have an entry, such as ["example.com"]';

/** Where people's addresses are, at the usual providers. */
const ADDRESSES = [
  "email",
  "mail",
  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
  "urn:oid:0.9.2342.19200300.100.1.3",
];

const FORMATS = {
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
} as const;

const { name, label, personId } = oidcOptions;

/** The options of `saml()`. */
export const samlOptions = {
  metadata: text(METADATA).register(declared, {
    says: "The identity provider's metadata: its URL, the path of a file, or the XML itself.",
    more: "A URL is asked every hour, and when a signature's key is unknown. A file is read at the start.",
    fromText: asText,
  }),
  entityId: text("the identity provider's entity ID").optional().register(declared, {
    says: "The identity provider's entity ID, byte for byte as its metadata has it. Required if `metadata` is a URL.",
    otherwise: "what the file or the XML says",
    fromText: asText,
  }),
  name,
  label: label.unwrap().clone().optional().register(declared, {
    says: "The name by which people know the company: the button says “Continue with” it.",
    otherwise: "the first of `domains`, or “single sign-on”",
    fromText: asText,
  }),
  domains: domainList.min(1, DOMAINS).optional().register(declared, {
    says: "The company's mail domains: only addresses of these count as verified, and with several companies an address's domain picks one.",
    otherwise: "none, so no address counts",
    fromText: list,
  }),
  subject: text(ATTRIBUTE).optional().register(declared, {
    says: "The attribute that tells people apart, and is never given to someone else.",
    otherwise: "the NameID",
    fromText: asText,
  }),
  nameIdFormat: z
    .enum(["persistent", "emailAddress"], '"persistent" or "emailAddress"')
    .optional()
    .register(declared, {
      says: "The format of NameID to ask for; others are then refused. A transient one is always refused.",
      otherwise: "what the identity provider is set up to send",
      fromText: asText,
    }),
  email: z
    .array(text(ATTRIBUTE), 'a list of attributes, such as ["email"]')
    .default(ADDRESSES)
    .register(declared, {
      says: "The attributes that may have the person's address; the first one that is there counts, or else a NameID that is an address.",
      fromText: list,
    }),
  groups: text(ATTRIBUTE).optional().register(declared, {
    says: "The attribute that lists the person's groups, for `admit`.",
    fromText: asText,
  }),
  displayName: text(ATTRIBUTE).optional().register(declared, {
    says: "The attribute with the person's name.",
    otherwise: "the usual ones",
    fromText: asText,
  }),
  profile: z.array(text(ATTRIBUTE), "a list of attributes").optional().register(declared, {
    says: "Further attributes that tools get in `person`, beside `name` and `email`.",
    fromText: list,
  }),
  personId: personId.unwrap().clone().optional().register(declared, {
    says: "The id that a new person gets, from the assertion's attributes: `(attributes) => String(attributes.employeeNumber)`.",
    more: "An id that belongs to someone else is refused. The attributes have an address only if it is verified.",
    otherwise: "a random id",
  }),
  [allowInsecureIssuer]: oidcOptions[allowInsecureIssuer],
};

type Given = z.input<z.ZodObject<typeof samlOptions>>;

/** What `saml` takes. */
export type SamlOptions = {
  /** The identity provider's metadata: its URL, the path of a file, or the XML itself. */
  metadata: Given["metadata"];
  /**
   * The identity provider's entity ID, byte for byte as its metadata has it. Required if `metadata` is a URL. Default:
   * what the file or the XML says.
   */
  entityId?: Given["entityId"];
  /**
   * What URLs, logs and session lists call this way to sign in. It is part of the redirect URI. Default: the name of
   * the function.
   */
  name?: Given["name"];
  /**
   * The name by which people know the company: the button says “Continue with” it. Default: the first of `domains`, or
   * “single sign-on”.
   */
  label?: Given["label"];
  /**
   * The company's mail domains: only addresses of these count as verified, and with several companies an address's
   * domain picks one. Default: none, so no address counts.
   */
  domains?: Given["domains"];
  /** The attribute that tells people apart, and is never given to someone else. Default: the NameID. */
  subject?: Given["subject"];
  /**
   * The format of NameID to ask for; others are then refused. A transient one is always refused. Default: what the
   * identity provider is set up to send.
   */
  nameIdFormat?: Given["nameIdFormat"];
  /**
   * The attributes that may have the person's address; the first one that is there counts, or else a NameID that is an
   * address. Default: `email`, `mail`, `http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress`,
   * `urn:oid:0.9.2342.19200300.100.1.3`.
   */
  email?: Given["email"];
  /** The attribute that lists the person's groups, for `admit`. Default: none. */
  groups?: Given["groups"];
  /** The attribute with the person's name. Default: the usual ones. */
  displayName?: Given["displayName"];
  /** Further attributes that tools get in `person`, beside `name` and `email`. Default: none. */
  profile?: Given["profile"];
  /**
   * The id that a new person gets, from the assertion's attributes: `(attributes) =>
   * String(attributes.employeeNumber)`. Default: a random id.
   */
  personId?: Given["personId"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

/** Where an identity provider's metadata is. */
export type MetadataPlace =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "xml"; readonly xml: string }
  | { readonly kind: "file"; readonly path: string };

export type SamlSettings = ElsewhereSettings & {
  readonly metadata: MetadataPlace;
  /** What the metadata must have; undefined where they say it themselves. */
  readonly entityId: string | undefined;
  readonly domains: readonly DomainEntry[];
  readonly subject: string | undefined;
  /** As it stands in an assertion. */
  readonly nameIdFormat: string | undefined;
  readonly email: readonly string[];
  readonly groups: string | undefined;
  readonly displayName: string | undefined;
  readonly profile: readonly string[];
  readonly allowInsecure: boolean;
};

export const samlSignIn: SignInDefinition<typeof samlOptions, SamlSettings> = defineSignIn({
  name: "saml",
  title: "SAML",
  options: samlOptions,
  example: "{ metadata }",
  checks: checkMetadata,
  settings: (parsed) => {
    const domains = parsed.domains ?? [];
    const [first] = domains;
    return {
      name: parsed.name ?? "saml",
      label: parsed.label ?? first?.domain ?? "single sign-on",
      people: "members",
      personId: parsed.personId,
      metadata: placeOf(parsed.metadata),
      entityId: parsed.entityId,
      domains,
      subject: parsed.subject,
      nameIdFormat: parsed.nameIdFormat && FORMATS[parsed.nameIdFormat],
      email: parsed.email,
      groups: parsed.groups,
      displayName: parsed.displayName,
      profile: parsed.profile ?? [],
      allowInsecure: allowsInsecureIssuer(parsed),
    };
  },
});

/** A drive of Windows is no scheme. */
const URL_FORM = /^[a-z][a-z0-9+.-]+:\/\//i;

function placeOf(given: string): MetadataPlace {
  if (given.trimStart().startsWith("<")) return { kind: "xml", xml: given.trim() };
  return URL_FORM.test(given) ? { kind: "url", url: given } : { kind: "file", path: given };
}

function checkMetadata({ value, issues }: z.core.ParsePayload<object>): void {
  const { metadata, entityId } = value as { readonly metadata?: unknown; readonly entityId?: unknown };
  if (typeof metadata !== "string" || placeOf(metadata).kind !== "url") return;
  if (!isUsableUrl(metadata, allowsInsecureIssuer(value))) {
    issues.push({ code: "custom", input: metadata, path: ["metadata"], message: SECURE_URL });
  }
  if (entityId === undefined) {
    const message =
      "the identity provider's entity ID, because the metadata comes from a URL, and must not say itself whose it is";
    issues.push({ code: "custom", input: entityId, path: ["entityId"], message });
  }
}
