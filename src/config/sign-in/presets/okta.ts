import type { z } from "zod";
import { declared } from "../../declared.ts";
import { host, segment } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  type CredentialOptions,
  credentialOptions,
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
} from "../definition.ts";

const NO_CONSOLE =
  'your Okta domain without "-admin", which is the name of the admin console alone: "acme.okta.com"';

/** Its options beside those that presets share. */
export const oktaOwn = {
  domain: host("acme.okta.com")
    .refine((name) => !/^[^.]+-admin\.(okta|oktapreview|okta-emea)\.com$/i.test(name), NO_CONSOLE)
    .register(declared, {
      says: "Your Okta domain, or the custom one.",
      fromText: asText,
    }),
  authorizationServerId: segment('the id of a custom authorization server, such as "default"')
    .optional()
    .register(declared, {
      says: "The id of a custom authorization server.",
      otherwise: "the org authorization server",
      fromText: asText,
    }),
};

type Given = z.input<z.ZodObject<typeof oktaOwn>>;
type Own = {
  /** Your Okta domain, or the custom one. */
  domain: Given["domain"];
  /** The id of a custom authorization server. Default: the org authorization server. */
  authorizationServerId?: Given["authorizationServerId"];
};

export type OktaOptions = PresetOptions & CredentialOptions & Own;

export const oktaSignIn = defineSignIn({
  name: "okta",
  title: "Okta",
  options: {
    ...presetOptions,
    ...credentialOptions,
    ...oktaOwn,
  },
  settings: (parsed, label) => {
    const { domain, authorizationServerId } = parsed;
    const issuer =
      authorizationServerId === undefined
        ? `https://${domain}`
        : `https://${domain}/oauth2/${authorizationServerId}`;
    return oidcSettings(parsed, label, {
      usual: { name: "okta", label: "Okta" },
      people: "members",
      issuer,
      metadataUrl: `${issuer}/.well-known/openid-configuration`,
    });
  },
});
