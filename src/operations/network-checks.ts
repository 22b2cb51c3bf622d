import type { Provider } from "../config/provider-options.ts";
import { OAuthError } from "../core/errors.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";
import { systemClock } from "../platform/clock.ts";
import { docsFile } from "../platform/docs-file.ts";
import type { FetchJson } from "../platform/fetch-json.ts";
import { createDiscovery } from "../platform/provider/discovery.ts";
import type { SafeResponse } from "../platform/safe-fetch.ts";
import { within } from "../platform/within.ts";
import { authorizationServerOf } from "../resource-server/protect.ts";

/** One thing that a server reaches for, and whether it does. */
export type Check = {
  readonly what: string;
  readonly result: "ok" | "failed" | "skipped";
  /** How it was answered, or why not. No secrets. */
  readonly detail: string;
  /** What to do. */
  readonly advice?: string;
};

/** The server's own side of it. */
export type CheckedServer = {
  /** The URL that people type into their client. */
  readonly resource: string;
  readonly publicUrlGiven: boolean;
  readonly clientIdMetadataDocuments: boolean;
  /** Whether a proxy looks up the hosts of documents and keys that have no address here. */
  readonly unresolvedDocumentHosts: boolean;
};

export type NetworkParts = {
  readonly server: CheckedServer;
  readonly providers: readonly Provider[];
  /** Where people sign in, by the environment. */
  readonly signIn: readonly CheckedSignIn[];
  readonly reaches?: readonly CheckedReach[];
  readonly hasProxy: boolean;
  readonly documents: readonly WellKnownDocument[];
  readonly fetchJson: FetchJson;
  readonly fetchDocument: (url: string) => Promise<SafeResponse>;
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** What is wrong with the database, in sentences; undefined where there is none to look at. */
  readonly databaseProblems: (() => Promise<readonly string[]>) | undefined;
  /** How long a check may take. */
  readonly checkMs?: number;
};

/** A provider that people sign in at. */
export type CheckedSignIn = {
  readonly name: string;
  readonly issuer: string;
  readonly metadataUrl: string | undefined;
  readonly hasMetadata: boolean;
  /** What has to be registered there. */
  readonly redirectUri: string;
};

/** A way to sign in that reaches for something else than a provider's metadata: a mail server, a company's metadata. */
export type CheckedReach = { readonly name: string; readonly reach: () => Promise<Finding> };

export type WellKnownDocument = { readonly client: string; readonly url: string };

const CHECK_MS = 15_000;

/** Looks at everything at the same time, so that the whole takes no longer than one check. */
export async function checkNetwork(parts: NetworkParts): Promise<readonly Check[]> {
  const { documents, providers, reaches = [], checkMs = CHECK_MS } = parts;
  const checks: readonly (readonly [string, () => Promise<Finding>])[] = [
    ["public URL", () => publicUrl(parts)],
    ["DNS", () => names(parts)],
    ...documents.map(({ client, url }) => [`${client}'s document`, () => document(url, parts)] as const),
    ...providers.flatMap((provider) => [
      [`metadata of ${provider.issuer}`, async () => discovery(provider, parts)] as const,
      [`keys of ${provider.issuer}`, async () => keys(provider, parts)] as const,
    ]),
    ...parts.signIn.map(
      (method) => [`sign-in with ${method.name}`, async () => signIn(method, parts)] as const,
    ),
    ...reaches.map(({ name, reach }) => [`sign-in with ${name}`, reach] as const),
    ["database", () => database(parts)],
  ];
  return Promise.all(
    checks.map(async ([what, check]) => ({
      what,
      ...(await within<Finding>(checkMs, check().catch(unforeseen), () => ({
        result: "failed",
        detail: `no answer within ${checkMs / 1000} seconds`,
      }))),
    })),
  );
}

type Finding = Omit<Check, "what">;

const NO_INTERNET = docsFile("behind-a-proxy.md#no-direct-internet");

async function publicUrl({ server, fetchJson }: NetworkParts): Promise<Finding> {
  const { resource, publicUrlGiven } = server;
  if (!publicUrlGiven) {
    return { result: "skipped", detail: "not set, so only clients on this computer can connect" };
  }
  const url = protectedResourceMetadataUrl(resource);
  const advice =
    `Start the server, and let every path of the public URL reach it: ${docsFile("behind-a-proxy.md")}. ` +
    "If only this host cannot reach it, there is no problem.";
  try {
    const { status, body } = await fetchJson(url);
    const said = memberOf(body, "resource");
    if (status !== 200 || typeof said !== "string") {
      const detail = `${url} answers ${status}${status === 200 ? " without its metadata" : ""}`;
      return { result: "failed", detail, advice };
    }
    if (said === resource) return { result: "ok", detail: `${resource} answers as this server` };
    return {
      result: "failed",
      detail: `the server there calls itself ${said}, not ${resource}`,
      advice: "Give that server the same public URL and path, or correct them here.",
    };
  } catch (error) {
    return { result: "failed", detail: reasonOf(error), advice };
  }
}

async function names({ server, providers, hasProxy, documents, resolve }: NetworkParts): Promise<Finding> {
  const without = documentsUnused(server, providers);
  if (without) return without;
  const hosts = [...new Set(documents.map(({ url }) => new URL(url).hostname))];
  const found = await Promise.all(
    hosts.map(async (host) => (await resolve(host).catch(() => [])).length > 0),
  );
  const missing = hosts.filter((_host, i) => !found[i]);
  if (missing.length === 0) return { result: "ok", detail: `${hosts.join(", ")} have addresses` };
  const detail = `${missing.join(", ")} ${missing.length === 1 ? "has" : "have"} no address here`;
  if (hasProxy && server.unresolvedDocumentHosts) {
    return { result: "skipped", detail: `${detail}; the proxy looks them up` };
  }
  return {
    result: "failed",
    detail,
    advice: hasProxy
      ? `Give this host DNS for public names, or see ${NO_INTERNET}.`
      : "Give this host DNS for public names.",
  };
}

async function document(
  url: string,
  { server, providers, hasProxy, fetchDocument }: NetworkParts,
): Promise<Finding> {
  const unused = documentsUnused(server, providers);
  if (unused) return unused;
  try {
    const { text } = await fetchDocument(url);
    if (memberOf(JSON.parse(text), "client_id") === url) return { result: "ok", detail: url };
    return {
      result: "failed",
      detail: `${url} is not the document of that client`,
      advice: "Something else answers instead: check the proxy.",
    };
  } catch (error) {
    return {
      result: "failed",
      detail: `${url}: ${reasonOf(error)}`,
      advice:
        `${hasProxy ? "Let the proxy connect there" : "Set HTTPS_PROXY if there is a proxy"}, or set ` +
        `GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS=false, so that clients register: ${NO_INTERNET}.`,
    };
  }
}

function documentsUnused(server: CheckedServer, providers: readonly Provider[]): Finding | undefined {
  if (providers.length > 0) return { result: "skipped", detail: "the provider handles clients" };
  if (server.clientIdMetadataDocuments) return undefined;
  return { result: "skipped", detail: "not needed: clientIdMetadataDocuments is false" };
}

async function signIn(method: CheckedSignIn, { fetchJson }: NetworkParts): Promise<Finding> {
  const { issuer, metadataUrl, hasMetadata, redirectUri } = method;
  const uri = `the redirect URI to register there is ${redirectUri}`;
  if (!hasMetadata) return { result: "skipped", detail: `${issuer} has no metadata; ${uri}` };
  const where = { authorizationServer: issuer, issuer, metadataUrl };
  try {
    const { url } = await createDiscovery(where, { fetchJson, clock: systemClock }).find();
    return { result: "ok", detail: `${url}; ${uri}` };
  } catch (error) {
    return { result: "failed", detail: `${reasonOf(error)}; ${uri}`, advice: PROVIDER_ADVICE };
  }
}

const PROVIDER_ADVICE =
  "Check the URL of the provider. If it is reached only through a proxy, set HTTPS_PROXY; if only without, name its host in NO_PROXY.";

function discoveryOf(provider: Provider, { fetchJson }: NetworkParts) {
  return createDiscovery(
    {
      authorizationServer: authorizationServerOf(provider),
      issuer: provider.issuer,
      metadataUrl: provider.metadataUrl,
    },
    { fetchJson, clock: systemClock },
  );
}

async function discovery(provider: Provider, parts: NetworkParts): Promise<Finding> {
  try {
    return { result: "ok", detail: (await discoveryOf(provider, parts).find()).url };
  } catch (error) {
    return { result: "failed", detail: reasonOf(error), advice: PROVIDER_ADVICE };
  }
}

async function keys(provider: Provider, parts: NetworkParts): Promise<Finding> {
  try {
    const uri = provider.jwksUri ?? (await discoveryOf(provider, parts).find()).document.jwks_uri;
    if (typeof uri !== "string") {
      return {
        result: "failed",
        detail: "its metadata names no jwks_uri",
        advice: "Set OAUTH_JWKS_URI.",
      };
    }
    const { status, body } = await parts.fetchJson(uri);
    const found = memberOf(body, "keys");
    if (status === 200 && Array.isArray(found) && found.length > 0) {
      return { result: "ok", detail: `${uri} has ${found.length}` };
    }
    return { result: "failed", detail: `${uri} answers ${status}, without keys`, advice: PROVIDER_ADVICE };
  } catch (error) {
    return { result: "failed", detail: reasonOf(error), advice: PROVIDER_ADVICE };
  }
}

async function database({ providers, databaseProblems }: NetworkParts): Promise<Finding> {
  if (providers.length > 0) return { result: "skipped", detail: "not needed with a provider" };
  if (!databaseProblems) return { result: "skipped", detail: "not created yet; a server creates it" };
  const problems = await databaseProblems();
  if (problems.length === 0) return { result: "ok", detail: "it answers and has no problems" };
  return {
    result: "failed",
    detail: problems.join(" ").replace(/\.$/, ""),
    advice: "See gatehouse database check.",
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof OAuthError) return error.detail ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

function unforeseen(error: unknown): Finding {
  return { result: "failed", detail: reasonOf(error) };
}
