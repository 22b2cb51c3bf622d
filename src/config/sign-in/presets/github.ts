import { z } from "zod";
import { allowInsecureIssuer, allowsInsecureIssuer, secureUrls } from "../../allow-insecure-issuer.ts";
import { declared } from "../../declared.ts";
import { ownBaseUrl } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  defineSignIn,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";
import { oidcOptions } from "../oidc-options.ts";
import type { GithubSettings } from "../settings.ts";

const { clientId, name, label, personId, keepTokens } = presetOptions;

/** Its options beside those that presets share. */
export const githubOwn = {
  members: oidcOptions.members,
  baseUrl: ownBaseUrl.default("https://github.com").register(declared, {
    says: "Your GitHub Enterprise.",
    fromText: asText,
  }),
  groups: z.enum(["organizations", "teams"], '"organizations" or "teams"').optional().register(declared, {
    says: "Ask for the person's organizations (`acme`), or their teams too (`acme/engineers`), for `admit`. Needs the scope `read:org`.",
    fromText: asText,
  }),
  [allowInsecureIssuer]: oidcOptions[allowInsecureIssuer],
};

type Given = z.input<z.ZodObject<typeof githubOwn>>;
type Own = {
  /**
   * Whether only people of your organization have an account there. If not, the server needs `admit`. Default: `false`.
   */
  members?: Given["members"];
  /** Your GitHub Enterprise. Default: `https://github.com`. */
  baseUrl?: Given["baseUrl"];
  /**
   * Ask for the person's organizations (`acme`), or their teams too (`acme/engineers`), for `admit`. Needs the scope
   * `read:org`. Default: none.
   */
  groups?: Given["groups"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

export type GithubOptions = Pick<PresetOptions, "clientId" | "name" | "label" | "personId" | "keepTokens"> &
  SecretOption &
  Own;

export const githubSignIn = defineSignIn({
  name: "github",
  title: "GitHub",
  options: {
    clientId,
    ...secretOption,
    name,
    label,
    personId,
    keepTokens,
    ...githubOwn,
  },
  checks: secureUrls(["baseUrl"]),
  settings: (parsed): GithubSettings => ({
    name: parsed.name ?? "github",
    label: parsed.label ?? "GitHub",
    people: parsed.members ? "members" : "public",
    clientId: parsed.clientId,
    clientSecret: parsed.clientSecret,
    personId: parsed.personId,
    keepTokens: parsed.keepTokens,
    baseUrl: parsed.baseUrl,
    apiUrl: apiOfGithub(parsed.baseUrl),
    groups: parsed.groups,
    allowInsecure: allowsInsecureIssuer(parsed),
  }),
});

/** GitHub itself and its Enterprise Cloud have a host for it, a GitHub Enterprise Server a path. */
export function apiOfGithub(baseUrl: string): string {
  const { protocol, host, hostname } = new URL(baseUrl);
  const isCloud = hostname === "github.com" || hostname.endsWith(".ghe.com");
  return isCloud ? `${protocol}//api.${host}` : `${baseUrl}/api/v3`;
}
