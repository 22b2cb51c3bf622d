import { readFileSync } from "node:fs";
import type { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { preregisteredClient } from "../core/preregistered-client.ts";
import { checkLoginTemplate } from "../pages/login-template.ts";
import { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import type { EnvironmentOptions } from "./environment.ts";
import {
  allowInsecurePublicUrl,
  DANGERS,
  type OAuthServerOptions,
  OPTION_PARTS,
  optionsSchema,
  type ParsedOptions,
} from "./options-schema.ts";
import {
  type Label,
  namedPath,
  optionLabel,
  unknownName,
  valueAt,
  wrongName,
  wrongValue,
} from "./problems.ts";
import { defaultIssuer, defaultIssuerProblem, publicUrlProblem, serverUrls } from "./public-url.ts";
import { redirectSettings } from "./redirect-options.ts";
import { catalogueOf } from "./scope-options.ts";
import type { Settings } from "./settings.ts";

/**
 * Parses options once, at creation.
 * @param environment what the environment says; what the code says wins.
 * @param basicScope the scope that there is where the options name none; null where a provider grants the scopes.
 * @throws ConfigurationError that names the option, what was given (secrets masked), and what would be right.
 */
export function parseOptions(
  name: string,
  given: OAuthServerOptions = {},
  environment: EnvironmentOptions = new Map(),
  basicScope: "mcp" | null = "mcp",
): Settings {
  if (typeof name !== "string" || name.trim() === "") {
    throw new ConfigurationError(
      "The name is missing. Give the name of your application, which people see when they sign in.",
    );
  }
  const fromEnvironment = new Map([...environment].filter(([option]) => !isGiven(given, option)));
  // An item of a list that stands in a variable goes by the variable's name too.
  const label: Label = (path) =>
    (fromEnvironment.get(path.join(".")) ?? fromEnvironment.get(String(path[0])))?.variable ??
    optionLabel(path);
  const merged = merge(given, fromEnvironment);
  const parsed = optionsSchema.safeParse(merged);
  if (!parsed.success) throw firstProblem(parsed.error, merged, label);
  return settingsOf(name.trim(), parsed.data, label, basicScope);
}

/** The same settings once the port is known: without a `publicUrl`, it is part of every URL. */
export function withPort(settings: Settings, port: number): Settings {
  if (settings.publicUrlGiven) return { ...settings, port };
  return { ...settings, port, ...serverUrls(issuerAt(settings, port), settings.path) };
}

function settingsOf(name: string, parsed: ParsedOptions, label: Label, basicScope: string | null): Settings {
  const { publicUrl, path, loginTemplate, loginHandler } = parsed;
  const insecure = parsed[allowInsecurePublicUrl] === true;
  const problem =
    publicUrl === undefined
      ? defaultIssuerProblem(parsed.host, parsed.tls !== undefined, insecure)
      : publicUrlProblem(publicUrl, path, insecure);
  if (problem) throw wrongValue(label(["publicUrl"]), publicUrl, problem);
  if (loginTemplate !== undefined && loginHandler !== undefined) {
    throw new ConfigurationError("loginTemplate and loginHandler are both given. Keep one of them.");
  }
  if (loginTemplate !== undefined) checkLoginTemplate(loginTemplate);
  const basic =
    basicScope === null
      ? { supported: {}, required: [] }
      : { supported: { [basicScope]: `Use the tools of ${name}` }, required: [basicScope] };
  const catalogue = catalogueOf(parsed, basic, label);
  if (parsed.metrics?.port === parsed.port && parsed.port !== 0) {
    throw wrongValue(label(["metrics", "port"]), parsed.port, "another port than the server's");
  }
  const tls = parsed.tls && {
    cert: pem(parsed.tls.cert, label(["tls", "cert"])),
    key: pem(parsed.tls.key, label(["tls", "key"])),
  };
  const clientRules = { catalogue, mayBeDocumentUrl: !parsed.clientIdMetadataDocuments };
  const issuer = publicUrl ?? issuerAt({ ...parsed, tls }, parsed.port);
  return {
    name,
    host: parsed.host,
    port: parsed.port,
    publicUrlGiven: publicUrl !== undefined,
    ...serverUrls(issuer, path),
    path,
    database: parsed.database,
    databaseConnections: parsed.databaseConnections,
    cachedTokens: parsed.cachedTokens,
    staleSeconds: parsed.staleSeconds,
    secrets: parsed.secret,
    catalogue,
    challengeScopes: parsed.challengeScopes,
    clients: parsed.clients.map((description) => preregisteredClient(description, clientRules, 0)),
    ...redirectSettings(parsed),
    unresolvedDocumentHosts: parsed[allowUnresolvedDocumentHosts] === true,
    accessTokenSeconds: parsed.accessTokenSeconds,
    refreshTokenSeconds: parsed.refreshTokenSeconds,
    grantSeconds: parsed.grantSeconds,
    refreshGraceSeconds: parsed.refreshGraceSeconds,
    accessTokensCheckedElsewhere: parsed.accessTokensCheckedElsewhere,
    auditRetentionDays: parsed.auditRetentionDays,
    documentation: parsed.documentation,
    debug: parsed.debug,
    cors: parsed.cors,
    tls,
    trustProxy: parsed.trustProxy,
    loginTemplate,
    loginHandler,
    handleSignals: parsed.handleSignals,
    shutdownDelaySeconds: parsed.shutdownDelaySeconds,
    metrics: parsed.metrics && {
      port: parsed.metrics.port,
      host: parsed.metrics.host ?? "localhost",
      token: parsed.metrics.token,
    },
    sessions: parsed.sessions,
  };
}

function issuerAt({ host, tls }: Pick<Settings, "host" | "tls">, port: number): string {
  return defaultIssuer({ host, port, tls: tls !== undefined });
}

/** PEM text as it is, or the file of that name. */
function pem(given: string, label: string): string {
  if (given.includes("-----BEGIN")) return given;
  try {
    return readFileSync(given, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${label} names the file ${given}, which cannot be read (${code}).`);
  }
}

function merge(given: OAuthServerOptions, environment: EnvironmentOptions): Record<string | symbol, unknown> {
  const merged: Record<string | symbol, unknown> = {};
  for (const [option, { value }] of environment) {
    const [name = "", part] = option.split(".");
    const danger = DANGERS.get(name);
    if (danger) merged[danger] = value;
    else if (part === undefined) merged[name] = value;
    else merged[name] = { ...(merged[name] as object | undefined), [part]: value };
  }
  return {
    ...merged,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...dangers(given),
  };
}

/** What the code says itself, the environment neither sets nor is blamed for. */
function isGiven(given: OAuthServerOptions, option: string): boolean {
  const [name = ""] = option.split(".");
  return valueAt(given, [DANGERS.get(name) ?? name]) !== undefined;
}

function dangers(given: OAuthServerOptions): object {
  return Object.fromEntries(
    [...DANGERS.values()].flatMap((danger) => {
      const allowed = valueAt(given, [danger]);
      return allowed === undefined ? [] : [[danger, allowed] as const];
    }),
  );
}

function firstProblem(error: z.ZodError, given: unknown, label: Label): ConfigurationError {
  // A misspelt name first: often it is why another one is missing.
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys") ?? error.issues[0];
  if (!issue) return new ConfigurationError("The options cannot be used.");
  const path = namedPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return unknownName(label([...path, key]), OPTION_PARTS.get(path[0]) ?? Object.keys(optionsSchema.shape));
  }
  if (issue.code === "invalid_key") {
    return wrongName(
      label(path.slice(0, -1)),
      String(path.at(-1)),
      issue.issues[0]?.message ?? issue.message,
    );
  }
  const value = valueAt(given, issue.path);
  return wrongValue(label(path), value, `${issue.message}${unquoted(issue, value)}`);
}

/** A number or a boolean that code gives as text. The environment, where everything is text, is read before. */
function unquoted(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== "invalid_type" || typeof value !== "string") return "";
  if (issue.expected === "boolean") return /^(true|false)$/.test(value) ? ", without quotes" : "";
  return /^\d+$/.test(value) ? ", as a number without quotes" : "";
}
