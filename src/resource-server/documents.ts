import { OAuthError } from "../core/errors.ts";
import { protectedResourceMetadata, protectedResourceMetadataPaths } from "../core/metadata.ts";
import { type ScopeCatalogue, union } from "../core/scopes.ts";
import { allowOrigin, preflight } from "../http/cors.ts";
import type { Route } from "../http/route.ts";
import { json } from "../platform/json.ts";
import type { Discovery } from "../platform/provider/discovery.ts";
import type { RequestHead } from "./guard.ts";

const MAX_AGE_SECONDS = 60;

export type DocumentsOptions = {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly catalogue: ScopeCatalogue;
  readonly challengeScopes: readonly string[];
  /** A scope by the name under which clients ask for it, where that is another one. */
  readonly announce?: (scope: string) => string;
  readonly name: string | undefined;
  readonly documentation?: string | undefined;
  /** The provider to which clients are led that look for the authorization server here; none where it is here. */
  readonly provider?: LeadingProvider;
};

export type LeadingProvider = {
  readonly discovery: Discovery;
  readonly authorizationServerMetadata: "redirect" | "copy";
};

/** The discovery documents of a resource server. */
export type Documents = {
  /** At the root of the host. */
  readonly paths: readonly [string, ...string[]];
  /** Undefined for every other path. */
  answer(request: RequestHead): Promise<Response | undefined>;
};

/** RFC 9728 for clients of today, and the authorization server's document for those that look for it on this host. */
export function createDocuments(options: DocumentsOptions): Documents {
  const resourcePaths = protectedResourceMetadataPaths(options.resource);
  const { provider, announce = (scope) => scope } = options;
  const serverPaths = provider ? authorizationServerPaths(options.resource) : [];
  const document = protectedResourceMetadata({
    ...options,
    scopes: scopesToBegin(options).map(announce),
  });
  const answer: Documents["answer"] = async (request) => {
    const { pathname } = new URL(request.url);
    const ofServer = serverPaths.includes(pathname);
    if (!ofServer && !resourcePaths.includes(pathname)) return undefined;
    if (request.method === "OPTIONS") return preflight(request, "*", ["GET"]);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method not allowed\n", { status: 405, headers: { Allow: "GET" } });
    }
    const response = ofServer && provider ? await serverDocument(provider) : publicJson(document);
    return allowOrigin(response, request, "*");
  };
  return { paths: [...resourcePaths, ...serverPaths], answer };
}

/** The same as a route. */
export function documentsRoute({ paths, answer }: Documents): Route {
  return {
    name: "resource_metadata",
    paths,
    isAtRoot: true,
    methods: { GET: async (request) => (await answer(request)) ?? new Response(null, { status: 404 }) },
    refusals: "json",
    cors: "*",
  };
}

/** What a client should ask for first: what the first challenge names, or everything where it names nothing. */
function scopesToBegin({ catalogue, challengeScopes }: DocumentsOptions): readonly string[] {
  const named = union(catalogue.required, challengeScopes);
  return named.length > 0 ? named : [...catalogue.descriptions.keys()];
}

/** Where clients of 2025-03-26, and those that know no protected resource metadata, look: at the root and by path. */
function authorizationServerPaths(resource: string): readonly string[] {
  const { pathname } = new URL(resource);
  const path = pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
  return ["oauth-authorization-server", "openid-configuration"].flatMap((name) => [
    `/.well-known/${name}`,
    `/.well-known/${name}${path}`,
  ]);
}

async function serverDocument({
  discovery,
  authorizationServerMetadata,
}: LeadingProvider): Promise<Response> {
  try {
    const { url, document } = await discovery.find();
    if (authorizationServerMetadata === "copy") return publicJson(document);
    return new Response(null, {
      status: 302,
      headers: { Location: url, "Cache-Control": `public, max-age=${MAX_AGE_SECONDS}` },
    });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return json(
      { error: error.code, error_description: error.description },
      { status: error.status, headers: { "Retry-After": "5", "Cache-Control": "no-store" } },
    );
  }
}

function publicJson(document: object): Response {
  return json(document, { headers: { "Cache-Control": `public, max-age=${MAX_AGE_SECONDS}` } });
}
