import { z } from "zod";
import { authorizationServerMetadataPaths, protectedResourceMetadataPaths } from "../core/metadata.ts";
import { isUsableUrl } from "../platform/addresses.ts";
import type { ProvingEndpoint } from "../platform/client-authentication.ts";
import type { FetchJson } from "../platform/fetch-json.ts";
import { firstAnswer } from "../platform/first-answer.ts";
import { TokenError, unreachable } from "./errors.ts";
import type { TokenManagerSettings } from "./options.ts";

type DiscoveryParts = {
  readonly fetch: typeof fetch;
  readonly fetchJson: FetchJson;
  /** Whether what documents name may be `http://` on a network, as what the options name may. */
  readonly allowInsecure: boolean;
};

/**
 * Finds the token endpoint: as it is said, from the issuer's metadata (RFC 8414), or from the resource's challenge and
 * its metadata (RFC 9728).
 * @throws TokenError
 */
export async function findTokenEndpoint(
  { tokenEndpoint, issuer, resource }: Pick<TokenManagerSettings, "tokenEndpoint" | "issuer" | "resource">,
  parts: DiscoveryParts,
): Promise<ProvingEndpoint> {
  if (tokenEndpoint !== undefined) return { url: tokenEndpoint, issuer, methods: undefined };
  if (issuer !== undefined) return endpointOf(issuer, parts);
  return endpointOf(await authorizationServerOf(resource ?? "", parts), parts);
}

const PROBE_MS = 5000;

const serverMetadata = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

async function endpointOf(
  issuer: string,
  { fetchJson, allowInsecure }: DiscoveryParts,
): Promise<ProvingEndpoint> {
  const { origin } = new URL(issuer);
  const urls = authorizationServerMetadataPaths(issuer).map((path) => `${origin}${path}`);
  const { url, document } = await firstDocument(urls, fetchJson);
  const metadata = serverMetadata.safeParse(document);
  if (!metadata.success)
    throw failed(`${url} is not an authorization server's metadata: ${missing(metadata.error)}.`);
  const { data } = metadata;
  // RFC 8414 §3.3: else anybody's document could say where the credentials go.
  if (data.issuer !== issuer) throw mismatch(url, "issuer", data.issuer, issuer);
  if (!isUsableUrl(data.token_endpoint, allowInsecure)) {
    throw failed(`${url} names a token endpoint that is not https://. No credentials are sent there.`);
  }
  return { url: data.token_endpoint, issuer, methods: data.token_endpoint_auth_methods_supported };
}

const resourceMetadata = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()).min(1),
});

async function authorizationServerOf(resource: string, parts: DiscoveryParts): Promise<string> {
  const { origin } = new URL(resource);
  const named = await challengedMetadata(resource, parts);
  const urls =
    named === undefined
      ? protectedResourceMetadataPaths(resource).map((path) => `${origin}${path}`)
      : [named];
  const { url, document } = await firstDocument(urls, parts.fetchJson);
  const metadata = resourceMetadata.safeParse(document);
  if (!metadata.success)
    throw failed(`${url} is not a protected resource's metadata: ${missing(metadata.error)}.`);
  // RFC 9728 §3.3: else one resource could speak for another, and get its tokens.
  if (metadata.data.resource !== resource) throw mismatch(url, "resource", metadata.data.resource, resource);
  const [server = ""] = metadata.data.authorization_servers;
  if (!isUsableUrl(server, parts.allowInsecure))
    throw failed(`${url} names an authorization server that is not https://.`);
  return server;
}

/** The metadata URL of the challenge to a request without a token (RFC 9728 §5.1), where there is one. */
async function challengedMetadata(resource: string, parts: DiscoveryParts): Promise<string | undefined> {
  const response = await probe(resource, parts);
  // It may be an endless stream.
  await response.body?.cancel();
  if (response.status !== 401) return undefined;
  const challenge = response.headers.get("www-authenticate") ?? "";
  const [, quoted, bare] = /\bresource_metadata=(?:"([^"]*)"|([^\s,"]+))/i.exec(challenge) ?? [];
  const named = quoted ?? bare;
  if (named !== undefined && !isUsableUrl(named, parts.allowInsecure)) {
    throw failed(`The challenge of ${resource} names metadata that is not at an https:// URL.`);
  }
  return named;
}

async function probe(resource: string, parts: DiscoveryParts): Promise<Response> {
  try {
    return await parts.fetch(resource, {
      headers: { Accept: "application/json, text/event-stream" },
      redirect: "manual",
      signal: AbortSignal.timeout(PROBE_MS),
    });
  } catch (cause) {
    throw unreachable(resource, cause);
  }
}

type Found = { readonly url: string; readonly document: unknown };

/** The first that answers with JSON. An outage of one is no reason to believe another one less; to find none, it is. */
async function firstDocument(urls: readonly string[], fetchJson: FetchJson): Promise<Found> {
  let outage: TokenError | undefined;
  const ask = async (url: string): Promise<Found | undefined> => {
    try {
      const { status, body } = await fetchJson(url);
      if (status === 200 && body !== undefined) return { url, document: body };
      if (status >= 500 || status === 429) {
        outage ??= new TokenError("unreachable", `${url} answered ${status}.`, { status, passing: true });
      }
    } catch (cause) {
      outage ??= unreachable(url, cause);
    }
    return undefined;
  };
  const found = await firstAnswer(urls, ask);
  if (found) return found;
  throw outage ?? failed(`There is no metadata at ${urls.join(" or ")}.`);
}

function mismatch(url: string, member: string, found: string, expected: string): TokenError {
  return failed(
    `${url} says that its ${member} is ${JSON.stringify(found.slice(0, 200))}, not ${JSON.stringify(expected)}. ` +
      "They must be equal, byte for byte.",
  );
}

function failed(message: string): TokenError {
  return new TokenError("discovery_failed", message);
}

function missing({ issues }: z.ZodError): string {
  return issues.map(({ path }) => path.join(".") || "it is not an object").join(", ");
}
