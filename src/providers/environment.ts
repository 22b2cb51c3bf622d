import { allowInsecureIssuer } from "../config/allow-insecure-issuer.ts";
import { loadEnvironment } from "../config/environment.ts";
import { refuseMisspelt } from "../config/misspelt-variables.ts";
import { wrongValue } from "../config/problems.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { boolean, type Environment } from "../config/variables.ts";
import { ConfigurationError } from "../core/errors.ts";
import { generic } from "./generic.ts";
import { scalekit } from "./scalekit.ts";

/**
 * The provider that the environment names, or undefined where it names none. Every variable that is a provider's own names
 * it, even one that is not used: a server that was meant to stand behind a provider must not fall back to a sign-in of its own.
 * @param environment default: this process's, over the `.env` file of the working directory
 * @throws ConfigurationError that says in one sentence what is missing, misspelled, wrong or contradictory.
 */
export function providerFromEnvironment(
  environment: Environment = loadEnvironment(),
): ProviderOptions | undefined {
  refuseMisspelt(environment, providerVariables);
  const [first, second] = WAYS.map((way) => ({ way, set: firstSet(environment, way) })).filter(
    ({ set }) => set !== undefined,
  );
  if (!first) return undefined;
  if (second) {
    throw new ConfigurationError(
      `${first.set} and ${second.set} are both set, and each names a provider. Keep the variables of one of them.`,
    );
  }
  const { way, set } = first;
  const given = way.variables.flatMap(([variable, value]) => {
    const text = textOf(environment, variable);
    return text === undefined ? [] : [{ variable, value, text }];
  });
  // The first variable of a value wins.
  const values = Object.fromEntries(given.toReversed().map(({ value, text }) => [value, text]));
  const missing = way.missing(values);
  if (missing.length > 0) {
    throw new ConfigurationError(
      `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing, which ${set} also needs. ${way.hint}`,
    );
  }
  return naming(given, () => way.options(values));
}

/** The first variable that names a provider, whether or not the others that it needs are there; undefined where none does. */
export function providerVariable(environment: Environment): string | undefined {
  return WAYS.map((way) => firstSet(environment, way)).find((set) => set !== undefined);
}

type Values = Readonly<Record<string, string>>;

type Way = {
  /** Whether a variable names this provider. */
  readonly isItsOwn: (variable: string) => boolean;
  /** Variable and the preset's value that it gives. */
  readonly variables: readonly (readonly [variable: string, value: string])[];
  /** Variables that are needed beside these values. */
  readonly missing: (values: Values) => readonly string[];
  readonly hint: string;
  readonly options: (values: Values) => ProviderOptions;
};

const OAUTH = [
  "OAUTH_ISSUER",
  "OAUTH_AUDIENCE",
  "OAUTH_JWKS_URI",
  "OAUTH_WELL_KNOWN_URL",
  "OAUTH_ALLOW_INSECURE_ISSUER",
];

const WAYS: readonly Way[] = [
  {
    isItsOwn: (variable) => OAUTH.includes(variable),
    variables: [
      ["OAUTH_ISSUER", "issuer"],
      ["OAUTH_AUDIENCE", "audience"],
      ["OAUTH_JWKS_URI", "jwksUri"],
      ["OAUTH_WELL_KNOWN_URL", "metadataUrl"],
      ["OAUTH_ALLOW_INSECURE_ISSUER", "allowInsecureIssuer"],
    ],
    missing: ({ issuer, audience }) => [
      ...(issuer === undefined ? ["OAUTH_ISSUER"] : []),
      ...(audience === undefined ? ["OAUTH_AUDIENCE"] : []),
    ],
    hint: "The issuer is the iss of the provider's tokens, and the audience their aud.",
    options: ({ issuer = "", audience = "", allowInsecureIssuer: allow = "false", ...others }) =>
      generic({
        issuer,
        audience: listed(audience),
        ...others,
        ...(yesOrNo("allowInsecureIssuer", allow) && { [allowInsecureIssuer]: true }),
      }),
  },
  {
    isItsOwn: (variable) => variable.startsWith("SCALEKIT_"),
    variables: [
      ["SCALEKIT_ENVIRONMENT_URL", "environmentUrl"],
      ["SCALEKIT_RESOURCE_ID", "resourceId"],
      // Its own examples call it so.
      ["RESOURCE_ID", "resourceId"],
      ["SCALEKIT_AUDIENCE_NAME", "audience"],
    ],
    missing: ({ environmentUrl, resourceId, audience }) => [
      ...(environmentUrl === undefined ? ["SCALEKIT_ENVIRONMENT_URL"] : []),
      ...(resourceId === undefined && audience === undefined
        ? ["SCALEKIT_RESOURCE_ID (or SCALEKIT_AUDIENCE_NAME)"]
        : []),
    ],
    hint: "The dashboard shows them with the MCP server.",
    options: ({ environmentUrl = "", resourceId, audience }) =>
      scalekit({
        environmentUrl,
        ...(resourceId !== undefined && { resourceId }),
        ...(audience !== undefined && { audience: listed(audience) }),
      }),
  },
];

/** Every variable that says something of a provider. */
export const providerVariables = WAYS.flatMap(({ variables }) => variables.map(([variable]) => variable));

/** An empty variable counts as none, as it does for Docker Compose. */
function textOf(environment: Environment, variable: string): string | undefined {
  return environment[variable]?.trim() || undefined;
}

function firstSet(environment: Environment, { isItsOwn, variables }: Way): string | undefined {
  const known = variables.map(([variable]) => variable);
  return [...known, ...Object.keys(environment)].find(
    (variable) => isItsOwn(variable) && textOf(environment, variable) !== undefined,
  );
}

function yesOrNo(name: string, text: string): boolean {
  const value = boolean(text);
  if (typeof value === "boolean") return value;
  throw wrongValue(name, text, "true or false");
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** A complaint begins with the value's name, which nobody wrote here: the variable takes its place. */
function naming(
  given: readonly { readonly variable: string; readonly value: string }[],
  make: () => ProviderOptions,
): ProviderOptions {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const wrong = given.find(({ value }) => error.message.startsWith(`${value} `));
    if (wrong === undefined) throw error;
    throw new ConfigurationError(wrong.variable + error.message.slice(wrong.value.length));
  }
}
