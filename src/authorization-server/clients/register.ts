import { type Client, hashClientSecret } from "../../core/client.ts";
import {
  type ClientMetadata,
  clientIdOf,
  formatClientMetadata,
  parseClientMetadata,
} from "../../core/client-metadata.ts";
import { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import type { CorsPolicy } from "../../http/cors.ts";
import { readText } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { jsonResponse } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { randomId, randomSecret } from "../../platform/random.ts";
import type { Clients } from "./clients.ts";
import { refuseOwnHost } from "./own-host.ts";

export type RegisterParts = {
  readonly clients: Pick<Clients, "register">;
  readonly clock: Clock;
  readonly log: Log<UnauditedEvent>;
  readonly catalogue: ScopeCatalogue;
  /** Where clients may send people; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  readonly issuer: string;
  /** Whether clients may register themselves. */
  readonly registration: boolean;
};

/**
 * POST /oauth/register: dynamic client registration (RFC 7591 §3). A client without a secret of ours gets an id made
 * from what it registered, so registering again is free and gives the same id.
 */
export function registerRoute(parts: RegisterParts, cors: CorsPolicy): Route {
  return {
    name: "register",
    // The bare one is for clients of 2025-03-26 that guess when they find no metadata.
    paths: ["/oauth/register", "/register"],
    methods: { POST: (request, peer) => register(request, peer, parts) },
    refusals: "json",
    refusedAs: "client.refused",
    cors,
    ...(parts.registration && { metadata: "registration_endpoint" }),
  };
}

export async function register(request: Request, peer: Peer, parts: RegisterParts): Promise<Response> {
  const { registration, catalogue, redirectHosts, issuer, clients, clock, log } = parts;
  if (!registration) throw registrationIsOff();
  const metadata = parseClientMetadata(await readJson(request), { catalogue, redirectHosts });
  refuseLarge(metadata);
  const { client, secret } = makeClient(metadata, clock());
  refuseOwnHost(client, issuer);
  const isNew = await clients.register(client, peer.address);
  log.event("client.registered", {
    client: client.id,
    client_name: client.name,
    method: client.authenticationMethod,
    redirect_hosts: hostsOf(client.redirectUris),
    new: isNew,
    address: peer.address,
  });
  return jsonResponse(registrationResponse(client, secret), 201);
}

function registrationIsOff(): OAuthError {
  return new OAuthError(
    "access_denied",
    "Dynamic client registration is off on this server. Ask its operator to add the client.",
  );
}

/** Most of a body may be members that we do not know, and do not keep (RFC 7591 §2). */
const MAXIMUM_BODY_BYTES = 16 * 1024;
/** Real ones are some 1 KB. This times the ceilings is what strangers can write. */
const MAXIMUM_KEPT_BYTES = 4 * 1024;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

async function readJson(request: Request): Promise<unknown> {
  if (!JSON_TYPE.test(request.headers.get("content-type") ?? "")) {
    throw new OAuthError("invalid_request", "Send the client metadata as application/json in the body.");
  }
  const text = await readText(request, MAXIMUM_BODY_BYTES);
  try {
    return JSON.parse(text);
  } catch {
    throw new OAuthError("invalid_client_metadata", "The body is not JSON.");
  }
}

function refuseLarge(metadata: ClientMetadata): void {
  const kept = formatClientMetadata(metadata);
  const bytes = bytesOf(kept);
  if (bytes <= MAXIMUM_KEPT_BYTES) return;
  const [largest] = Object.entries(kept)
    .map(([name, value]) => ({ name, bytes: bytesOf(value) }))
    .sort((one, other) => other.bytes - one.bytes);
  throw new OAuthError(
    "invalid_client_metadata",
    `The registration has ${bytes} bytes; it may have ${MAXIMUM_KEPT_BYTES}. ` +
      `The largest member is ${largest?.name}, with ${largest?.bytes} bytes.`,
  );
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function makeClient(metadata: ClientMetadata, now: number): { client: Client; secret: string | undefined } {
  const method = metadata.authenticationMethod;
  const hasSecret = method === "client_secret_basic" || method === "client_secret_post";
  const secret = hasSecret ? randomSecret() : undefined;
  return {
    secret,
    client: {
      ...metadata,
      id: hasSecret ? randomId() : clientIdOf(metadata),
      origin: "registered",
      secretHash: secret === undefined ? null : hashClientSecret(secret),
      createdAt: now,
    },
  };
}

/** RFC 7591 §3.2.1. The secret is here this once and nowhere again. */
function registrationResponse(client: Client, secret: string | undefined): Readonly<Record<string, unknown>> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    ...formatClientMetadata(client),
  };
}

/** For the log: where this client sends people, without the paths. */
function hostsOf(redirectUris: readonly string[]): readonly string[] {
  return [...new Set(redirectUris.map((uri) => URL.parse(uri)?.host || uri.slice(0, uri.indexOf(":") + 1)))];
}
