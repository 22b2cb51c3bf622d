import { existsSync } from "node:fs";
import { environmentOptions, loadEnvironment } from "../config/environment.ts";
import { parseOptions } from "../config/options.ts";
import { type Provider, parseProviders } from "../config/provider-options.ts";
import type { Settings } from "../config/settings.ts";
import { isPostgresUrl } from "../core/database-url.ts";
import { type OutboundProxy, readProxy } from "../platform/outbound-proxy.ts";
import { providerFromEnvironment } from "../providers/environment.ts";
import type { DatabaseFlags } from "./database.ts";
import { flagOptions } from "./option-flags.ts";

export type NetworkFlags = DatabaseFlags & { readonly publicUrl?: string };

/** What a server here would reach for. */
export type NetworkSettings = {
  readonly settings: Settings;
  readonly proxy: OutboundProxy | undefined;
  readonly providers: readonly Provider[];
  /** Whether a database was named, or is where a server makes one. */
  readonly hasDatabase: boolean;
};

/** @throws ConfigurationError for what would stop the server as well. */
export function networkSettings(flags: NetworkFlags): NetworkSettings {
  const environment = loadEnvironment();
  // The others may go together with what only the server's code says.
  const fromEnvironment = [...environmentOptions(environment)].filter(([option]) => OURS.has(option));
  const said = new Map([...fromEnvironment, ...flagOptions(flags)]);
  const settings = parseOptions("gatehouse", {}, said);
  const provider = providerFromEnvironment(environment);
  const isThere = isPostgresUrl(settings.database) || existsSync(settings.database);
  return {
    settings,
    proxy: readProxy(environment),
    providers: provider === undefined ? [] : parseProviders(provider, settings.resource),
    hasDatabase: settings.database !== ":memory:" && (said.has("database") || isThere),
  };
}

const OURS: ReadonlySet<string> = new Set([
  "publicUrl",
  "allowInsecurePublicUrl",
  "path",
  "port",
  "database",
  "secret",
  "clientIdMetadataDocuments",
  "allowUnresolvedDocumentHosts",
]);
