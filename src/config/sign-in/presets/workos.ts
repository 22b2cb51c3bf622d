import type { z } from "zod";
import { declared } from "../../declared.ts";
import { host } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";

/** Its options beside those that presets share. */
export const workosOwn = {
  domain: host("acme.authkit.app").register(declared, {
    says: "The AuthKit domain, or your custom one.",
    fromText: asText,
  }),
};

type Given = z.input<z.ZodObject<typeof workosOwn>>;
type Own = {
  /** The AuthKit domain, or your custom one. */
  domain: Given["domain"];
};

export type WorkosOptions = PresetOptions & SecretOption & Own;

export const workosSignIn = defineSignIn({
  name: "workos",
  title: "WorkOS AuthKit",
  options: {
    ...presetOptions,
    ...secretOption,
    ...workosOwn,
  },
  settings: (parsed, label) =>
    oidcSettings(parsed, label, {
      usual: { name: "workos", label: "WorkOS" },
      people: "members",
      issuer: `https://${parsed.domain}`,
      metadataUrl: `https://${parsed.domain}/.well-known/openid-configuration`,
      // It takes the secret in the body, and its metadata do not say so.
      secretMethod: "client_secret_post",
    }),
});
