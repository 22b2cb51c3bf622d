import { z } from "zod";
import { text } from "../../basic-schemas.ts";
import { declared } from "../../declared.ts";
import { oneOrList } from "../../variables.ts";
import {
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";

const DOMAINS = 'a Google Workspace domain, such as "example.com", or a list of them';
const domain = text(DOMAINS)
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i, DOMAINS)
  .transform((name) => name.toLowerCase());
// Google sends no groups, and no logout tokens.
const { groups: _groups, endGrants: _endGrants, ...shared } = presetOptions;

/** Its options beside those that presets share. */
export const googleOwn = {
  hd: z
    .union([domain.transform((one) => [one]), z.array(domain).min(1, DOMAINS)], DOMAINS)
    .optional()
    .register(declared, {
      says: "The Google Workspace domains whose people may sign in, as the `hd` claim says it.",
      otherwise: "any Google account, so that the server needs `admit`",
      fromText: oneOrList,
    }),
};

type Given = z.input<z.ZodObject<typeof googleOwn>>;
type Own = {
  /**
   * The Google Workspace domains whose people may sign in, as the `hd` claim says it. Default: any Google account, so
   * that the server needs `admit`.
   */
  hd?: Given["hd"];
};

export type GoogleOptions = Omit<PresetOptions, "groups" | "endGrants"> & SecretOption & Own;

export const googleSignIn = defineSignIn({
  name: "google",
  title: "Google",
  options: {
    ...shared,
    ...secretOption,
    ...googleOwn,
  },
  settings: (parsed, label) => {
    const { hd } = parsed;
    // A hint, which decides what Google offers and not who comes.
    const hint = hd && { hd: hd.length === 1 ? (hd[0] ?? "*") : "*" };
    const made = oidcSettings({ ...parsed, groups: undefined, endGrants: undefined }, label, {
      usual: { name: "google", label: "Google" },
      people: hd ? "members" : "public",
      issuer: "https://accounts.google.com",
      metadataUrl: "https://accounts.google.com/.well-known/openid-configuration",
      emailVerified: "true",
      // Google knows no `prompt=login`.
      newSignIn: "round_trip",
      knowsSelectAccount: true,
      refuse: (claims) => hd && refuseDomain(claims.hd, hd),
    });
    // Without it, Google gives no refresh token, and what is kept ends in an hour.
    const offline = made.keepTokens && { access_type: "offline" };
    return { ...made, parameters: { ...hint, ...offline, ...made.parameters } };
  },
});

function refuseDomain(said: unknown, meant: readonly string[]): string | undefined {
  return typeof said === "string" && meant.includes(said.toLowerCase())
    ? undefined
    : `hd is not one of ${meant.join(", ")}`;
}
