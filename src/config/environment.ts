import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { meansPostgres } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { slipOf } from "./misspelling.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

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
 * @throws ConfigurationError where the name of one of ours is misspelt.
 */
export function environmentOptions(environment: Environment, path?: string): EnvironmentOptions {
  refuseMisspelt(environment);
  const options = new Map<string, { variable: string; value: unknown }>();
  for (const { variable, option, read } of VARIABLES) {
    const text = environment[variable]?.trim();
    // The first one wins: the table has ours before the plain ones.
    if (!text || options.has(option) || isKubernetesServiceLink(variable, text)) continue;
    const value = read(text, environment, path);
    if (value !== undefined) options.set(option, { variable, value });
  }
  return options;
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

type Read = (text: string, environment: Environment, path?: string) => unknown;

const text: Read = (value) => value;
/** What is no number, or neither true nor false, stays text: the schema refuses it and shows it. */
const number: Read = (value) => (/^\d+$/.test(value) ? Number(value) : value);
export const boolean = (value: string): unknown => BOOLEANS.get(value.toLowerCase()) ?? value;
const list = (value: string): readonly string[] =>
  value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
const origins: Read = (value) => (value === "*" ? value : list(value));
/** tcsh and conda set HOST to a machine's name; hosting platforms set an address. */
const address: Read = (value) => (isIP(value) !== 0 || value === "localhost" ? value : undefined);
/** The variable of hosting platforms, which an application's own database of another kind may stand in. */
const postgresUrl: Read = (value) => (meansPostgres(value) ? value : undefined);

/** In a `.env` file of Scalekit's examples: the URL that clients connect to, with the MCP path or without. */
const mcpServerUrl: Read = (value, { SCALEKIT_ENVIRONMENT_URL, GATEHOUSE_PATH }, given) => {
  if (!SCALEKIT_ENVIRONMENT_URL?.trim()) return undefined;
  const path = given ?? (GATEHOUSE_PATH?.trim() || "/mcp");
  const url = value.endsWith("/") ? value.slice(0, -1) : value;
  return url.endsWith(path) ? url.slice(0, -path.length) : value;
};

const BOOLEANS = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

/** Every option that text can say. Clients are pre-registered with `gatehouse client add`. */
const VARIABLES: readonly { readonly variable: string; readonly option: string; readonly read: Read }[] = [
  { variable: "GATEHOUSE_HOST", option: "host", read: text },
  { variable: "HOST", option: "host", read: address },
  { variable: "GATEHOUSE_PORT", option: "port", read: number },
  { variable: "PORT", option: "port", read: number },
  { variable: "GATEHOUSE_PUBLIC_URL", option: "publicUrl", read: text },
  { variable: "MCP_SERVER_URL", option: "publicUrl", read: mcpServerUrl },
  {
    variable: "GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL",
    option: "allowInsecurePublicUrl",
    read: boolean,
  },
  { variable: "GATEHOUSE_PATH", option: "path", read: text },
  { variable: "GATEHOUSE_DATABASE", option: "database", read: text },
  { variable: "DATABASE_URL", option: "database", read: postgresUrl },
  { variable: "GATEHOUSE_DATABASE_CONNECTIONS", option: "databaseConnections", read: number },
  { variable: "GATEHOUSE_CACHED_TOKENS", option: "cachedTokens", read: number },
  { variable: "GATEHOUSE_STALE_SECONDS", option: "staleSeconds", read: number },
  { variable: "GATEHOUSE_SECRET", option: "secret", read: list },
  { variable: "GATEHOUSE_SUPPORTED_SCOPES", option: "supportedScopes", read: list },
  { variable: "GATEHOUSE_REQUIRED_SCOPES", option: "requiredScopes", read: list },
  { variable: "GATEHOUSE_CHALLENGE_SCOPES", option: "challengeScopes", read: list },
  { variable: "GATEHOUSE_REGISTRATION", option: "registration", read: boolean },
  {
    variable: "GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS",
    option: "clientIdMetadataDocuments",
    read: boolean,
  },
  {
    variable: "GATEHOUSE_ALLOW_UNRESOLVED_DOCUMENT_HOSTS",
    option: "allowUnresolvedDocumentHosts",
    read: boolean,
  },
  { variable: "GATEHOUSE_TRUSTED_REDIRECTS", option: "trustedRedirects", read: list },
  { variable: "GATEHOUSE_BUILT_IN_REDIRECTS", option: "builtInRedirects", read: boolean },
  { variable: "GATEHOUSE_REDIRECT_HOSTS", option: "redirectHosts", read: list },
  { variable: "GATEHOUSE_ACCESS_TOKEN_SECONDS", option: "accessTokenSeconds", read: number },
  { variable: "GATEHOUSE_REFRESH_TOKEN_SECONDS", option: "refreshTokenSeconds", read: number },
  { variable: "GATEHOUSE_GRANT_SECONDS", option: "grantSeconds", read: number },
  { variable: "GATEHOUSE_REFRESH_GRACE_SECONDS", option: "refreshGraceSeconds", read: number },
  {
    variable: "GATEHOUSE_ACCESS_TOKENS_CHECKED_ELSEWHERE",
    option: "accessTokensCheckedElsewhere",
    read: boolean,
  },
  { variable: "GATEHOUSE_AUDIT_RETENTION_DAYS", option: "auditRetentionDays", read: number },
  { variable: "GATEHOUSE_DOCUMENTATION", option: "documentation", read: text },
  { variable: "GATEHOUSE_CORS", option: "cors", read: origins },
  { variable: "GATEHOUSE_TLS_CERT", option: "tls.cert", read: text },
  { variable: "GATEHOUSE_TLS_KEY", option: "tls.key", read: text },
  { variable: "GATEHOUSE_TRUST_PROXY", option: "trustProxy", read: boolean },
  { variable: "GATEHOUSE_SHUTDOWN_DELAY_SECONDS", option: "shutdownDelaySeconds", read: number },
  { variable: "GATEHOUSE_METRICS_PORT", option: "metrics.port", read: number },
  { variable: "GATEHOUSE_METRICS_HOST", option: "metrics.host", read: text },
  { variable: "GATEHOUSE_METRICS_TOKEN", option: "metrics.token", read: text },
  { variable: "GATEHOUSE_SESSIONS", option: "sessions", read: boolean },
  { variable: "GATEHOUSE_DEBUG", option: "debug", read: boolean },
];

/** Kubernetes sets `GATEHOUSE_PORT=tcp://10.0.0.1:80` in every container where a service is called "gatehouse". */
function isKubernetesServiceLink(variable: string, value: string): boolean {
  return variable.endsWith("PORT") && value.startsWith("tcp://");
}

/** What Kubernetes sets beside it. */
const PARTS_OF_A_LINK = /_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))/;

const PREFIX = "GATEHOUSE_";
const OUR_NAMES = VARIABLES.map(({ variable }) => variable)
  .filter((variable) => variable.startsWith(PREFIX))
  .map((variable) => variable.slice(PREFIX.length));

/** A server whose GATEHOUSE_SECERT is passed over would make a secret of its own. */
function refuseMisspelt(environment: Environment): void {
  for (const [variable, value] of Object.entries(environment)) {
    const text = value?.trim();
    if (!variable.startsWith(PREFIX) || !text) continue;
    if (PARTS_OF_A_LINK.test(variable) || isKubernetesServiceLink(variable, text)) continue;
    const name = variable.slice(PREFIX.length);
    const meant = OUR_NAMES.includes(name) ? undefined : slipOf(name, OUR_NAMES);
    if (meant !== undefined) {
      throw new ConfigurationError(
        `${variable} is not a variable of Gatehouse. Did you mean ${PREFIX}${meant}? Correct it, or remove it.`,
      );
    }
  }
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
