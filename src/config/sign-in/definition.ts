import { z } from "zod";
import { ConfigurationError } from "../../core/errors.ts";
import type { Credentials } from "../../platform/client-authentication.ts";
import { type allowInsecureIssuer, allowsInsecureIssuer } from "../allow-insecure-issuer.ts";
import { readCredentials } from "../client-credentials.ts";
import { declared, type OptionTable } from "../declared.ts";
import type { EnvironmentOptions } from "../environment.ts";
import { readGivenOptions } from "../function-options.ts";
import { type Label, optionLabel } from "../problems.ts";
import { readOptions } from "../read-options.ts";
import { text as asText } from "../variables.ts";
import { type OidcOptions, oidcOptions } from "./oidc-options.ts";
import type { ElsewhereSettings, OidcSettings } from "./settings.ts";
import { variableOf } from "./sign-in-variables.ts";

/** What is known of one function of `mcp-gatehouse/sign-in` before anything runs: its options, and what they come to. */
export type SignInDefinition<
  Options extends OptionTable = OptionTable,
  Settings extends object = ElsewhereSettings,
> = {
  /** Of the function, and of the method unless the options say another. */
  readonly name: string;
  /** What people call the provider. */
  readonly title: string;
  readonly options: Options;
  /** @throws ConfigurationError where the options contradict each other */
  readonly parse: (given: object) => Settings;
  /**
   * The same from variables, which the sentences then name.
   * @throws ConfigurationError as `parse` does
   */
  readonly parseVariables: (said: EnvironmentOptions) => Settings;
};

/** Ties the options of a function to what they come to. A sentence about a wrong option names the function. */
export function defineSignIn<const Options extends z.core.$ZodShape & OptionTable, Settings extends object>({
  name,
  title,
  options,
  example = "{ clientId, clientSecret }",
  checks = () => {},
  settings,
}: {
  readonly name: string;
  readonly title: string;
  readonly options: Options;
  /** What the options may be, for who gives none. */
  readonly example?: string;
  readonly checks?: (payload: z.core.ParsePayload<object>) => void;
  readonly settings: (
    parsed: Required<z.output<z.ZodObject<Options, z.core.$strict>>>,
    label: Label,
  ) => Settings;
}): SignInDefinition<Options, Settings> {
  const schema = z.strictObject(options).check(checks);
  const read = (...given: [object, EnvironmentOptions?, Label?]): Settings => {
    const { parsed, label } = readOptions(schema, ...given);
    return settings(parsed as Parameters<typeof settings>[0], label);
  };
  return {
    name,
    title,
    options,
    parse: (given) => readGivenOptions(name, example, given, (options) => read(options)),
    parseVariables(said) {
      const label: Label = (path) => variableOf(name, optionLabel(path));
      try {
        return read({}, said, label);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        throw new ConfigurationError(
          error.message.replace("[allowInsecureIssuer]", label(["allowInsecureIssuer"])),
        );
      }
    },
  };
}

const { name, label, clientId, scopes, parameters, personId, groups, profile, endGrants, keepTokens } =
  oidcOptions;
const { clientSecret, privateKey, algorithm, keyId, assertionAudience } = oidcOptions;

/** The options of every OpenID Connect preset. */
export const presetOptions = {
  clientId,
  name,
  label,
  scopes,
  parameters,
  personId,
  groups,
  profile,
  endGrants,
  keepTokens,
};
export type PresetOptions = Pick<OidcOptions, keyof typeof presetOptions>;

/** How presets prove themselves: with a secret alone, or with that or a key. */
export const secretOption = {
  clientSecret: clientSecret.unwrap().clone().register(declared, {
    says: "The client secret that the provider gave you.",
    fromText: asText,
  }),
};
export const credentialOptions = { clientSecret, privateKey, algorithm, keyId, assertionAudience };

export type SecretOption = {
  /** The client secret that the provider gave you. */
  clientSecret: NonNullable<OidcOptions["clientSecret"]>;
};
export type CredentialOptions = Pick<OidcOptions, keyof typeof credentialOptions>;

/** What the shared options of a preset come to. */
type Parsed = { readonly [Name in keyof typeof presetOptions]: z.output<(typeof presetOptions)[Name]> } & {
  readonly [Name in keyof typeof credentialOptions]?: z.output<(typeof credentialOptions)[Name]>;
} & { readonly [allowInsecureIssuer]?: boolean | undefined };

/** What is always so at a provider. */
type Fixed = Pick<OidcSettings, "people" | "issuer"> &
  Partial<
    Pick<
      OidcSettings,
      | "subject"
      | "emailVerified"
      | "usesUserinfo"
      | "newSignIn"
      | "knowsSelectAccount"
      | "leewaySeconds"
      | "metadataUrl"
      | "refuse"
    >
  > & {
    readonly usual: { readonly name: string; readonly label: string };
    /** How a secret is sent, where the metadata do not say it. */
    readonly secretMethod?: "client_secret_basic" | "client_secret_post" | undefined;
  };

/** The settings of a provider, from what the operator and the preset say. */
export function oidcSettings(parsed: Parsed, optionLabel: Label, fixed: Fixed): OidcSettings {
  const { usual, secretMethod, ...always } = fixed;
  return {
    subject: "sub",
    emailVerified: "claim",
    usesUserinfo: true,
    newSignIn: "auth_time",
    knowsSelectAccount: false,
    leewaySeconds: LEEWAY_SECONDS,
    metadataUrl: undefined,
    refuse: () => undefined,
    ...always,
    name: parsed.name ?? usual.name,
    label: parsed.label ?? usual.label,
    clientId: parsed.clientId,
    credentials: credentialsOf(parsed, optionLabel, secretMethod),
    scopes: parsed.scopes,
    parameters: parsed.parameters ?? {},
    personId: parsed.personId,
    groups: parsed.groups,
    profile: parsed.profile ?? [],
    endGrants: parsed.endGrants ?? false,
    keepTokens: parsed.keepTokens,
    allowInsecure: allowsInsecureIssuer(parsed),
  };
}

const LEEWAY_SECONDS = 30;

function credentialsOf(parsed: Parsed, optionLabel: Label, method: Fixed["secretMethod"]): Credentials {
  const { clientSecret, privateKey, algorithm, keyId, assertionAudience } = parsed;
  return readCredentials(
    { clientSecret, privateKey, algorithm, keyId, assertionAudience, method },
    (option) => optionLabel([option]),
  );
}
