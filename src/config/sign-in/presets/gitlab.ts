import type { z } from "zod";
import { declared } from "../../declared.ts";
import { baseUrl } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";
import { oidcOptions } from "../oidc-options.ts";

/** Its options beside those that presets share. */
export const gitlabOwn = {
  url: baseUrl
    .default("https://gitlab.com")
    .register(declared, { says: "Your own GitLab.", fromText: asText }),
  members: oidcOptions.members,
};

type Given = z.input<z.ZodObject<typeof gitlabOwn>>;
type Own = {
  /** Your own GitLab. Default: `https://gitlab.com`. */
  url?: Given["url"];
  /**
   * Whether only people of your organization have an account there. If not, the server needs `admit`. Default: `false`.
   */
  members?: Given["members"];
};

export type GitlabOptions = PresetOptions & SecretOption & Own;

export const gitlabSignIn = defineSignIn({
  name: "gitlab",
  title: "GitLab",
  options: {
    ...presetOptions,
    ...secretOption,
    ...gitlabOwn,
  },
  settings: (parsed, label) =>
    oidcSettings(parsed, label, {
      usual: { name: "gitlab", label: "GitLab" },
      // Anyone can sign up at gitlab.com; at another one, unless that is switched off.
      people: parsed.members ? "members" : "public",
      issuer: parsed.url,
      metadataUrl: `${parsed.url}/.well-known/openid-configuration`,
    }),
});
