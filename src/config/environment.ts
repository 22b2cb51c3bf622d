import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ConfigurationError } from "../core/errors.ts";
import { type DeclaredOption, withParts } from "./declared.ts";
import { isKubernetesServiceLink } from "./kubernetes.ts";
import { refuseMisspelt } from "./misspelt-variables.ts";
import { serverOptions } from "./options-schema.ts";
import type { Environment } from "./variables.ts";

/** What the environment says: option path → the variable and its value, not yet checked. */
export type EnvironmentOptions = ReadonlyMap<string, { readonly variable: string; readonly value: unknown }>;

/**
 * The environment of this process, over the `.env` file of the working directory, which may be missing.
 * @throws ConfigurationError where the file is there and cannot be read.
 */
export function loadEnvironment(
  directory: string = process.cwd(),
  environment: Environment = process.env,
): Environment {
  return { ...readEnvFile(join(directory, ".env")), ...environment };
}

/**
 * The options that the environment sets. An empty variable counts as none, as it does for Docker Compose.
 * @param path the MCP path, where the code gives it
 * @param options those of a server unless said
 * @throws ConfigurationError where the name of one of our variables is misspelt.
 */
export function environmentOptions(
  environment: Environment,
  path?: string,
  options: readonly DeclaredOption[] = serverOptions,
): EnvironmentOptions {
  refuseMisspelt(environment, variablesOf(options));
  return readVariables(environment, options, path);
}

/** The names of the variables that set these options. */
export function variablesOf(options: readonly DeclaredOption[]): readonly string[] {
  return withParts(options).flatMap(({ variables = {} }) => Object.keys(variables));
}

/** {@link environmentOptions} for those who look for misspelt names themselves. */
export function readVariables(
  environment: Environment,
  options: readonly DeclaredOption[],
  path?: string,
): EnvironmentOptions {
  const said = new Map<string, { variable: string; value: unknown }>();
  for (const { path: option, variables = {} } of withParts(options)) {
    for (const [variable, read] of Object.entries(variables)) {
      const text = environment[variable]?.trim();
      if (!text || said.has(option) || isKubernetesServiceLink(variable, text)) continue;
      const value = read(text, environment, path);
      if (value !== undefined) said.set(option, { variable, value });
    }
  }
  return said;
}

/**
 * The URL under which clients reach this server, where the environment says it, for what is put together before the
 * server is.
 * @param environment default: this process's, over the `.env` file of the working directory
 */
export function publicUrlFromEnvironment(environment: Environment = loadEnvironment()): string | undefined {
  const { value } = environmentOptions(environment).get("publicUrl") ?? {};
  return typeof value === "string" ? value : undefined;
}

function readEnvFile(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A folder of that name is a Python environment.
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return {};
    throw new ConfigurationError(`The file ${file} cannot be read (${code}). Make it readable or remove it.`);
  }
}
