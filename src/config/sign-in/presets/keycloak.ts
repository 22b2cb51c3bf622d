import type { z } from "zod";
import { allowInsecureIssuer, secureUrls } from "../../allow-insecure-issuer.ts";
import { declared } from "../../declared.ts";
import { ownBaseUrl, segment } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  type CredentialOptions,
  credentialOptions,
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
} from "../definition.ts";
import { oidcOptions } from "../oidc-options.ts";

/** Its options beside those that presets share. */
export const keycloakOwn = {
  url: ownBaseUrl.clone().register(declared, {
    says: "Where Keycloak is, with `/auth` at its end if it was installed below that.",
    fromText: asText,
  }),
  realm: segment('the name of a realm, such as "acme"').register(declared, {
    says: "The name of the realm.",
    fromText: asText,
  }),
  [allowInsecureIssuer]: oidcOptions[allowInsecureIssuer],
};

type Given = z.input<z.ZodObject<typeof keycloakOwn>>;
type Own = {
  /** Where Keycloak is, with `/auth` at its end if it was installed below that. */
  url: Given["url"];
  /** The name of the realm. */
  realm: Given["realm"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

export type KeycloakOptions = PresetOptions & CredentialOptions & Own;

export const keycloakSignIn = defineSignIn({
  name: "keycloak",
  title: "Keycloak",
  options: {
    ...presetOptions,
    ...credentialOptions,
    ...keycloakOwn,
  },
  checks: secureUrls(["url"]),
  settings: (parsed, label) => {
    const issuer = `${parsed.url}/realms/${parsed.realm}`;
    return oidcSettings(parsed, label, {
      usual: { name: "keycloak", label: "Keycloak" },
      people: "members",
      issuer,
      metadataUrl: `${issuer}/.well-known/openid-configuration`,
    });
  },
});
