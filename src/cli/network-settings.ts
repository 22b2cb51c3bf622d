import { existsSync } from "node:fs";
import { type EnvironmentOptions, environmentOptions } from "../config/environment.ts";
import { parseOptions } from "../config/options.ts";
import { optionsSchema } from "../config/options-schema.ts";
import { type Provider, parseProviders } from "../config/provider-options.ts";
import { readOptions } from "../config/read-options.ts";
import type { Settings } from "../config/settings.ts";
import type { Environment } from "../config/variables.ts";
import { isPostgresUrl } from "../core/database-url.ts";
import { type OutboundProxy, readProxy } from "../platform/outbound-proxy.ts";
import { providerFromEnvironment } from "../providers/environment.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { DatabaseFlags } from "./database.ts";
import { flagOptions } from "./option-flags.ts";

export type NetworkFlags = DatabaseFlags & { readonly publicUrl?: string };

/** What a server here would reach for. */
export type NetworkSettings = {
  readonly settings: Settings;
  readonly proxy: OutboundProxy | undefined;
  readonly providers: readonly Provider[];
  readonly environment: Environment;
  /** Whether a database was named, or is where a server makes one. */
  readonly hasDatabase: boolean;
};

/** @throws ConfigurationError for what would stop the server as well. */
export async function networkSettings(flags: NetworkFlags): Promise<NetworkSettings> {
  const environment = await commandEnvironment();
  const said = new Map([...environmentOptions(environment), ...flagOptions(flags)]);
  // Each value first, also of those that are left out below.
  readOptions(optionsSchema, {}, said);
  const settings = parseOptions("gatehouse", {}, withTheirOthers(said));
  const provider = providerFromEnvironment(environment);
  const isThere = isPostgresUrl(settings.database) || existsSync(settings.database);
  return {
    environment,
    settings,
    proxy: readProxy(environment),
    providers: provider === undefined ? [] : parseProviders(provider, settings.resource),
    hasDatabase: settings.database !== ":memory:" && (said.has("database") || isThere),
  };
}

/** Options that are right or wrong beside another one, which the server's code may give. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ["host", "publicUrl"],
  ["requiredScopes", "supportedScopes"],
  ["challengeScopes", "supportedScopes"],
  ["publicPath", "askToSignIn"],
  ["resultChallengeFor", "askToSignIn"],
  ["metrics.port", "port"],
]);

/** Without the options whose other one is not said here: what the code has for it is not known. */
function withTheirOthers(said: EnvironmentOptions): EnvironmentOptions {
  return new Map([...said].filter(([option]) => said.has(OTHERS.get(option) ?? option)));
}
