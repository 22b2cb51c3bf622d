import type { Environment } from "../config/environment.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { ConfigurationError } from "../core/errors.ts";
import { generic } from "./generic.ts";
import { scalekit } from "./scalekit.ts";

/**
 * The provider that the environment names, or undefined where it names none.
 * @throws ConfigurationError that says in one sentence what is missing, wrong or contradictory.
 */
export function providerFromEnvironment(environment: Environment): ProviderOptions | undefined {
  const [first, second] = WAYS.filter(({ variables }) => firstSet(environment, variables) !== undefined);
  if (!first) return undefined;
  if (second) {
    const [one, other] = [first, second].map(({ variables }) => firstSet(environment, variables));
    throw new ConfigurationError(
      `${one} and ${other} are both set, and each names a provider. Keep the variables of one of them.`,
    );
  }
  const values = new Map(
    Object.entries(first.variables).flatMap(([variable, value]) => {
      const text = textOf(environment, variable);
      return text === undefined ? [] : [[value, text] as const];
    }),
  );
  const missing = first.needed.filter((variable) => !values.has(first.variables[variable] ?? ""));
  if (missing.length > 0) {
    const set = firstSet(environment, first.variables);
    throw new ConfigurationError(
      `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing, which ${set} needs beside it. ${first.hint}`,
    );
  }
  return named(first, () => first.options(Object.fromEntries(values)));
}

type Way = {
  /** Variable → the preset's value. */
  readonly variables: Readonly<Record<string, string>>;
  readonly needed: readonly string[];
  readonly hint: string;
  readonly options: (values: Readonly<Record<string, string>>) => ProviderOptions;
};

const WAYS: readonly Way[] = [
  {
    variables: {
      OAUTH_ISSUER: "issuer",
      OAUTH_AUDIENCE: "audience",
      OAUTH_JWKS_URI: "jwksUri",
      OAUTH_WELL_KNOWN_URL: "metadataUrl",
    },
    needed: ["OAUTH_ISSUER", "OAUTH_AUDIENCE"],
    hint: "The issuer is what the provider's tokens say in iss, and the audience what they say in aud.",
    options: ({ issuer = "", audience = "", ...others }) =>
      generic({ issuer, audience: listed(audience), ...others }),
  },
  {
    variables: {
      SCALEKIT_ENVIRONMENT_URL: "environmentUrl",
      SCALEKIT_RESOURCE_ID: "resourceId",
      SCALEKIT_AUDIENCE_NAME: "audience",
    },
    needed: ["SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_RESOURCE_ID"],
    hint: "The dashboard shows them with the MCP server.",
    options: ({ environmentUrl = "", resourceId = "", audience }) =>
      scalekit({ environmentUrl, resourceId, ...(audience !== undefined && { audience: listed(audience) }) }),
  },
];

/** An empty variable counts as none, as it does for Docker Compose. */
function textOf(environment: Environment, variable: string): string | undefined {
  return environment[variable]?.trim() || undefined;
}

function firstSet(environment: Environment, variables: Way["variables"]): string | undefined {
  return Object.keys(variables).find((variable) => textOf(environment, variable) !== undefined);
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** A complaint begins with the value's name, which nobody wrote here: the variable takes its place. */
function named(way: Way, make: () => ProviderOptions): ProviderOptions {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [variable, value] =
      Object.entries(way.variables).find(([, name]) => error.message.startsWith(`${name} `)) ?? [];
    if (variable === undefined || value === undefined) throw error;
    throw new ConfigurationError(variable + error.message.slice(value.length));
  }
}
