import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Client } from "../../core/client.ts";
import { parseClientMetadata } from "../../core/client-metadata.ts";
import { OAuthError, quoted } from "../../core/errors.ts";
import { isListedHost, type RedirectList } from "../../core/redirect-list.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { SafeFetchError, type SafeResponse } from "../../platform/safe-fetch.ts";
import type { Store } from "../../store/store.ts";
import type { FetchDocument } from "./client-keys.ts";
import { createFetchPlaces } from "./fetch-places.ts";
import { refuseOwnHost } from "./own-host.ts";

export type ClientIdMetadataParts = {
  readonly store: Pick<Store, "findDocument" | "saveDocument">;
  readonly catalogue: ScopeCatalogue;
  /** Where the documents' redirect URIs may lead; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  readonly issuer: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetchDocument: FetchDocument;
  /** The hosts of well-known clients, for whose documents places are kept. */
  readonly wellKnownHosts: RedirectList;
};

/**
 * Clients whose id is the https URL of a document about them (OAuth Client ID Metadata Documents, draft 00). Good
 * documents are kept as their HTTP headers say, within bounds, and serve for a week more while their origin is down;
 * refusals are kept for a minute, so that a flood of requests with one bad URL is one fetch.
 */
export type ClientIdMetadata = {
  /**
   * @param askedBy the address of whoever asks, where that is known.
   * @throws OAuthError `invalid_client` or `temporarily_unavailable`.
   */
  find(clientId: string, askedBy?: string): Promise<Client>;
  /** Writes the document to the store: a person approved this client. */
  keep(clientId: string): Promise<void>;
  /** Asks for this document again, of the store or its origin. */
  invalidate(clientId: string): void;
  /** The same for those that the store has. */
  invalidateAll(): void;
};

export function createClientIdMetadata(parts: ClientIdMetadataParts): ClientIdMetadata {
  const { store, clock, log, wellKnownHosts } = parts;
  const good = new LRUCache<string, Copy>({ max: 2000 });
  const refused = new LRUCache<string, { readonly error: OAuthError; readonly until: number }>({ max: 2000 });
  const underway = new Map<string, Promise<Client>>();
  const places = createFetchPlaces(FETCH_PLACES);

  const load = async (clientId: string, askedBy: string | undefined): Promise<Client> => {
    const last = good.get(clientId) ?? (await kept(clientId));
    if (last && clock() < last.freshUntil) {
      good.set(clientId, last);
      return last.client;
    }
    const isWellKnown = isListedHost(wellKnownHosts, new URL(clientId).host);
    const giveBack = places.take({ url: clientId, askedBy, isWanted: last?.isKept === true, isWellKnown });
    if (!giveBack) {
      // Strangers with slow origins can bring this about: they must not hold up the clients that we know.
      if (last && clock() - last.fetchedAt < STALE_MS) return last.client;
      throw busy();
    }
    try {
      const fresh = await fetchClient(clientId, parts).finally(giveBack);
      // Updates what an approval once put there, and only that: strangers' URLs stay in memory.
      if (last?.isKept) await store.saveDocument({ clientId, ...fresh });
      good.set(clientId, { ...fresh, isKept: last?.isKept ?? false });
      return fresh.client;
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      const now = clock();
      if (last && error.isOutage && now - last.fetchedAt < STALE_MS) {
        log.info("using the last good copy of a client's metadata document", {
          client: clientId,
          reason: error.message,
        });
        good.set(clientId, { ...last, freshUntil: now + RETRY_MS });
        return last.client;
      }
      const refusal = asOAuthError(error, clientId);
      good.delete(clientId);
      refused.set(clientId, { error: refusal, until: now + RETRY_MS });
      throw refusal;
    }
  };

  const kept = async (clientId: string): Promise<Copy | undefined> => {
    const document = await store.findDocument(clientId);
    return document && { ...document, isKept: true };
  };

  return {
    async find(clientId, askedBy) {
      const copy = good.get(clientId);
      if (copy && clock() < copy.freshUntil) return copy.client;
      checkClientId(clientId);
      const refusal = refused.get(clientId);
      if (refusal && clock() < refusal.until) throw refusal.error;
      let loading = underway.get(clientId);
      if (!loading) {
        loading = load(clientId, askedBy).finally(() => underway.delete(clientId));
        underway.set(clientId, loading);
      }
      return loading;
    },
    async keep(clientId) {
      const copy = good.get(clientId);
      if (!copy || copy.isKept) return;
      const { client, fetchedAt, freshUntil } = copy;
      await store.saveDocument({ clientId, client, fetchedAt, freshUntil });
      good.set(clientId, { ...copy, isKept: true });
    },
    invalidate(clientId) {
      good.delete(clientId);
    },
    invalidateAll() {
      for (const [clientId, copy] of good.entries()) if (copy.isKept) good.delete(clientId);
    },
  };
}

const MAXIMUM_BYTES = 5 * 1024;
const MAXIMUM_ID_LENGTH = 1024;
const FETCH_PLACES = 64;
const DEFAULT_FRESH_SECONDS = 3600;
const LEAST_FRESH_SECONDS = 5 * 60;
const MOST_FRESH_SECONDS = 24 * 3600;
const RETRY_MS = 60_000;
const STALE_MS = 7 * 24 * 3_600_000;

type Fresh = { readonly client: Client; readonly fetchedAt: number; readonly freshUntil: number };
type Copy = Fresh & {
  /** Whether the store has it. */
  readonly isKept: boolean;
};

class DocumentError extends Error {
  /** The origin does not answer as itself: the last good copy is still what it says. */
  readonly isOutage: boolean;
  /** It cannot be reached, and why is for the operator's log alone. */
  readonly isTemporary: boolean;

  constructor(message: string, failure: { isOutage: boolean; isTemporary: boolean }) {
    super(message);
    this.isOutage = failure.isOutage;
    this.isTemporary = failure.isTemporary;
  }
}

/**
 * Draft 00 §3: https, a path, no dot segments, fragment, user name or password. The parser's own spelling is
 * demanded: it settles dot segments (encoded ones too), upper-case hosts, backslashes and control characters at once.
 */
function checkClientId(clientId: string): void {
  const url = clientId.length <= MAXIMUM_ID_LENGTH ? URL.parse(clientId) : null;
  const isGood =
    url?.protocol === "https:" &&
    url.href === clientId &&
    url.pathname !== "/" &&
    !clientId.includes("#") &&
    url.username === "" &&
    url.password === "";
  if (isGood) return;
  throw new OAuthError(
    "invalid_client",
    "A client_id that is a URL must be https and have a path, without dot segments, fragment, user name or password.",
    { detail: `client_id ${JSON.stringify(clientId.slice(0, 200))}` },
  );
}

async function fetchClient(clientId: string, parts: ClientIdMetadataParts): Promise<Fresh> {
  const { text, headers } = await fetchText(clientId, parts.fetchDocument);
  const fetchedAt = parts.clock();
  return {
    client: readDocument(clientId, text, parts, fetchedAt),
    fetchedAt,
    freshUntil: fetchedAt + freshSeconds(headers, fetchedAt) * 1000,
  };
}

async function fetchText(clientId: string, fetchDocument: FetchDocument): Promise<SafeResponse> {
  try {
    return await fetchDocument(clientId, { maxBytes: MAXIMUM_BYTES });
  } catch (error) {
    if (!(error instanceof SafeFetchError)) throw error;
    throw new DocumentError(error.message, {
      // A maintenance page in place of the document is an outage too, as long as there is a copy.
      isOutage: error.kind !== "gone",
      // A host that leads inside of our network is answered as one that leads nowhere: strangers can name any host.
      isTemporary: error.kind === "unreachable" || error.kind === "refused",
    });
  }
}

const documentMembers = z.looseObject({ client_id: z.string(), client_name: z.string().min(1) });

function readDocument(
  clientId: string,
  text: string,
  { catalogue, redirectHosts, issuer }: Pick<ClientIdMetadataParts, "catalogue" | "redirectHosts" | "issuer">,
  fetchedAt: number,
): Client {
  const wrong = (why: string) => new DocumentError(why, { isOutage: false, isTemporary: false });
  const parsed = documentMembers.safeParse(parseJson(text));
  if (!parsed.success) throw wrong("it is not a JSON object with client_id and client_name");
  if (parsed.data.client_id !== clientId)
    throw wrong("its client_id is not its own address, letter for letter");
  // Draft 00 §4.1: what everybody can read holds no secret.
  if ("client_secret" in parsed.data || "client_secret_expires_at" in parsed.data) {
    throw wrong("it has a client_secret, which everyone can read");
  }
  try {
    const metadata = parseClientMetadata(parsed.data, {
      catalogue,
      redirectHosts,
      methods: ["none", "private_key_jwt"],
    });
    if (metadata.name === null) throw wrong("its client_name is empty");
    const origin = "metadata_document" as const;
    refuseOwnHost({ ...metadata, origin }, issuer);
    return { ...metadata, id: clientId, origin, secretHash: null, createdAt: fetchedAt };
  } catch (error) {
    throw error instanceof OAuthError ? wrong(error.message) : error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9111 §4.2.1 for a private cache, within our bounds: nobody makes us fetch all the time, or never. */
function freshSeconds(headers: Headers, now: number): number {
  return Math.min(MOST_FRESH_SECONDS, Math.max(LEAST_FRESH_SECONDS, statedSeconds(headers, now)));
}

function statedSeconds(headers: Headers, now: number): number {
  const cacheControl = headers.get("cache-control") ?? "";
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return 0;
  const maxAge = /\bmax-age="?(\d{1,10})/i.exec(cacheControl)?.[1];
  if (maxAge !== undefined) return Number(maxAge) - (Number(headers.get("age")) || 0);
  const expires = Date.parse(headers.get("expires") ?? "");
  return Number.isNaN(expires) ? DEFAULT_FRESH_SECONDS : (expires - now) / 1000;
}

function asOAuthError(error: DocumentError, clientId: string): OAuthError {
  const at = quoted(clientId);
  const detail = `metadata document ${at}: ${error.message}`;
  return error.isTemporary
    ? new OAuthError("temporarily_unavailable", "The client's metadata document can't be fetched now.", {
        retryAfterSeconds: RETRY_MS / 1000,
        // A person who opened the link is told about the client that it names, and not of an outage here.
        pageStatus: 400,
        detail,
      })
    : new OAuthError(
        "invalid_client",
        `The client's metadata document at ${at} cannot be used: ${error.message.replace(/\.$/, "")}.`,
        { detail },
      );
}

function busy(): OAuthError {
  return new OAuthError("temporarily_unavailable", "Too many client metadata documents are being fetched.", {
    retryAfterSeconds: 5,
    detail:
      "this host, this network or unknown clients together have reached their limit of parallel fetches",
  });
}
