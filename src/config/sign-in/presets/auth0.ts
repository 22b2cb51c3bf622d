import type { z } from "zod";
import { declared } from "../../declared.ts";
import { host } from "../../provider-values.ts";
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
export const auth0Own = {
  domain: host("acme.eu.auth0.com").register(declared, {
    says: "The tenant's domain, or your custom one.",
    fromText: asText,
  }),
  members: oidcOptions.members,
};

type Given = z.input<z.ZodObject<typeof auth0Own>>;
type Own = {
  /** The tenant's domain, or your custom one. */
  domain: Given["domain"];
  /**
   * Whether only people of your organization have an account there. If not, the server needs `admit`. Default: `false`.
   */
  members?: Given["members"];
};

export type Auth0Options = PresetOptions & CredentialOptions & Own;

export const auth0SignIn = defineSignIn({
  name: "auth0",
  title: "Auth0",
  options: {
    ...presetOptions,
    ...credentialOptions,
    ...auth0Own,
  },
  settings: (parsed, label) =>
    oidcSettings(parsed, label, {
      usual: { name: "auth0", label: "Auth0" },
      // Anyone can sign up there, unless that is switched off.
      people: parsed.members ? "members" : "public",
      // The slash belongs to it.
      issuer: `https://${parsed.domain}/`,
      metadataUrl: `https://${parsed.domain}/.well-known/openid-configuration`,
      knowsSelectAccount: true,
    }),
});
