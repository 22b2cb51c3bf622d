import { readFileSync } from "node:fs";
import { ConfigurationError } from "../core/errors.ts";
import { preregisteredClient } from "../core/preregistered-client.ts";
import { checkLoginTemplate } from "../pages/login-template.ts";
import { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import type { EnvironmentOptions } from "./environment.ts";
import { lookOf } from "./look.ts";
import {
  allowInsecurePublicUrl,
  type OAuthServerOptions,
  optionsSchema,
  type ParsedOptions,
} from "./options-schema.ts";
import { type Label, wrongValue } from "./problems.ts";
import { defaultIssuer, defaultIssuerProblem, publicUrlProblem, serverUrls } from "./public-url.ts";
import { placed, readOptions } from "./read-options.ts";
import { redirectLists } from "./redirect-options.ts";
import { catalogueOf } from "./scope-options.ts";
import type { Settings } from "./settings.ts";
import { USUAL_DATABASE } from "./storage-options.ts";

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
  const { parsed, label } = readOptions(optionsSchema, given, environment);
  const found = environment.get("database")?.value ?? USUAL_DATABASE;
  return {
    ...settingsOf(name.trim(), parsed, label, basicScope),
    commandsFindDatabase: parsed.database === found,
  };
}

/** What text says, as the options that code would write. They are not checked: the server that gets them does that. */
export function optionsOf(said: EnvironmentOptions): OAuthServerOptions {
  return placed(optionsSchema, said) as OAuthServerOptions;
}

/** The same settings once the port is known: without a `publicUrl`, it is part of every URL. */
export function withPort(settings: Settings, port: number): Settings {
  if (settings.publicUrlGiven) return { ...settings, port };
  return { ...settings, port, ...serverUrls(issuerAt(settings, port), settings.path) };
}

function settingsOf(
  name: string,
  parsed: ParsedOptions,
  label: Label,
  basicScope: string | null,
): Omit<Settings, "commandsFindDatabase"> {
  const {
    publicUrl,
    secret: secrets,
    supportedScopes,
    requiredScopes,
    scopeImplies,
    builtInRedirects,
    look: _look,
    texts: _texts,
    [allowInsecurePublicUrl]: insecure = false,
    [allowUnresolvedDocumentHosts]: unresolvedDocumentHosts = false,
    ...asParsed
  } = parsed;
  checkPublicUrl(parsed, insecure, label);
  checkPublicPath(parsed, label);
  checkResultChallenges(parsed, label);
  checkLoginPage(parsed);
  const look = lookOf(name, parsed, label);
  const basic =
    basicScope === null
      ? { supported: {}, required: [] }
      : { supported: { [basicScope]: look.texts.consent.scopes.useTools(name) }, required: [basicScope] };
  const catalogue = catalogueOf(parsed, basic, label);
  if (parsed.metrics?.port === parsed.port && parsed.port !== 0) {
    throw wrongValue(label(["metrics", "port"]), parsed.port, "another port than the server's");
  }
  const clientRules = { catalogue, mayBeDocumentUrl: !parsed.clientIdMetadataDocuments };
  return {
    ...asParsed,
    name,
    look,
    publicUrlGiven: publicUrl !== undefined,
    ...serverUrls(publicUrl ?? issuerAt(parsed, parsed.port), parsed.path),
    secrets,
    catalogue,
    clients: parsed.clients.map((description) => preregisteredClient(description, clientRules, 0)),
    ...redirectLists(parsed),
    publicPath: parsed.askToSignIn === "call" ? undefined : (parsed.publicPath ?? `${parsed.path}/public`),
    unresolvedDocumentHosts,
    tls: parsed.tls && {
      cert: pem(parsed.tls.cert, label(["tls", "cert"])),
      key: pem(parsed.tls.key, label(["tls", "key"])),
    },
    metrics: parsed.metrics && {
      port: parsed.metrics.port,
      host: parsed.metrics.host ?? "localhost",
      token: parsed.metrics.token,
    },
  };
}

function checkPublicUrl(parsed: ParsedOptions, insecure: boolean, label: Label): void {
  const { publicUrl, host, path, tls } = parsed;
  const problem =
    publicUrl === undefined
      ? defaultIssuerProblem(host, tls !== undefined, insecure)
      : publicUrlProblem(publicUrl, path, insecure);
  if (problem) throw wrongValue(label(["publicUrl"]), publicUrl, problem);
}

function checkPublicPath({ askToSignIn, publicPath, path }: ParsedOptions, label: Label): void {
  if (publicPath === undefined) return;
  if (askToSignIn === "call") {
    throw new ConfigurationError(
      `${label(["publicPath"])} is given, but with askToSignIn: "call" the MCP endpoint itself serves what is public. Remove one of the two.`,
    );
  }
  if (publicPath === path) {
    throw wrongValue(label(["publicPath"]), publicPath, "another path than the MCP endpoint's");
  }
}

function checkResultChallenges({ askToSignIn, resultChallengeFor }: ParsedOptions, label: Label): void {
  if (askToSignIn === "call" || resultChallengeFor.length === 0) return;
  throw new ConfigurationError(
    `${label(["resultChallengeFor"])} is given, but with askToSignIn: "connect" clients sign in before they call a tool. Remove it, or set askToSignIn to "call".`,
  );
}

function checkLoginPage({ loginTemplate, loginHandler }: ParsedOptions): void {
  if (loginTemplate !== undefined && loginHandler !== undefined) {
    throw new ConfigurationError("loginTemplate and loginHandler are both given. Keep one of them.");
  }
  if (loginTemplate !== undefined) checkLoginTemplate(loginTemplate);
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
    const why = code === "ENOENT" ? "there is no such file" : `the file cannot be read: ${code}`;
    throw new ConfigurationError(
      `${label} is neither PEM text nor the name of a file (${why}${shown(given)}).`,
    );
  }
}

/** The name of the file. What has no dot may be a key without its first line, and is not repeated. */
function shown(given: string): string {
  return /^[^\s.]*\.[^\s]{1,200}$/.test(given) ? `: ${given}` : "";
}
