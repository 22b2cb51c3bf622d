import { z } from "zod";
import { declared } from "../../declared.ts";
import { baseUrl, guid } from "../../provider-values.ts";
import { text as asText, oneOrList } from "../../variables.ts";
import {
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";

const TENANT = 'the Directory (tenant) ID, a list of them, "organizations" or "any"';
/** The tenant of personal Microsoft accounts. */
const PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad";

/** Its options beside those that presets share. */
export const entraOwn = {
  tenant: z
    .union(
      [
        z.enum(["organizations", "any"]),
        guid("the Directory (tenant) ID").transform((tenant) => [tenant]),
        z.array(guid("the Directory (tenant) ID")).min(1, TENANT),
      ],
      TENANT,
    )
    .register(declared, {
      says: 'Whose people may sign in: the Directory (tenant) ID, a list of them, "organizations" for those of any company or school, or "any" for personal accounts too.',
      fromText: oneOrList,
    }),
  authority: baseUrl.default("https://login.microsoftonline.com").register(declared, {
    says: "Where people sign in, if that is a national cloud.",
    fromText: asText,
  }),
};

type Given = z.input<z.ZodObject<typeof entraOwn>>;
type Own = {
  /**
   * Whose people may sign in: the Directory (tenant) ID, a list of them, "organizations" for those of any company or
   * school, or "any" for personal accounts too.
   */
  tenant: Given["tenant"];
  /** Where people sign in, if that is a national cloud. Default: `https://login.microsoftonline.com`. */
  authority?: Given["authority"];
};

export type EntraOptions = PresetOptions & SecretOption & Own;

export const entraSignIn = defineSignIn({
  name: "entra",
  title: "Microsoft Entra ID",
  options: {
    ...presetOptions,
    ...secretOption,
    ...entraOwn,
  },
  settings: (parsed, label) => {
    const { tenant, authority } = parsed;
    const [only, ...others] = typeof tenant === "string" ? [] : tenant;
    const place =
      only !== undefined && others.length === 0 ? only : tenant === "any" ? "common" : "organizations";
    return oidcSettings(parsed, label, {
      usual: { name: "entra", label: "Microsoft" },
      people: typeof tenant === "string" ? "public" : "members",
      // Each tenant is an issuer of its own. Where several are meant, the metadata have a placeholder.
      issuer: `${authority}/${place === only ? only : "{tenantid}"}/v2.0`,
      metadataUrl: `${authority}/${place}/v2.0/.well-known/openid-configuration`,
      // `sub` differs for each app registration; `oid` is the same throughout the tenant.
      subject: "oid",
      // Administrators of any tenant can enter any address there.
      emailVerified: "never",
      // It has nothing that the ID token lacks, groups included.
      usesUserinfo: false,
      knowsSelectAccount: true,
      refuse: ({ tid }) => refuseTenant(tid, tenant),
    });
  },
});

function refuseTenant(tid: unknown, meant: readonly string[] | "organizations" | "any"): string | undefined {
  if (typeof tid !== "string" || !/^[0-9a-f-]{36}$/.test(tid)) return "tid is missing";
  if (meant === "any") return undefined;
  if (meant === "organizations") return tid === PERSONAL ? "it is a personal account" : undefined;
  return meant.includes(tid) ? undefined : `the tenant ${tid} is not one of those that may sign in`;
}
