import { type Client, isDocumentUrl } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { mayBePreregistered } from "../../core/preregistered-client.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import type { ScopeCatalogue } from "../../core/scopes.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { safeFetch } from "../../platform/safe-fetch.ts";
import type { Counters } from "../../store/counters.ts";
import type { Store } from "../../store/store.ts";
import { createClientCache } from "./client-cache.ts";
import { createClientIdMetadata } from "./client-id-metadata.ts";
import { createClientKeys, type FetchDocument, type PublicKeys } from "./client-keys.ts";
import { type DisabledClients, disabledClient } from "./disabled-clients.ts";
import { createRegistrationCeilings, type RegistrationLimits } from "./registration-ceilings.ts";

/** Every client that we know or can get to know, whatever way it comes. */
export type Clients = {
  /**
   * Undefined where there is no such client.
   * @throws OAuthError `unauthorized_client` where the operator has disabled it, `invalid_client` where its metadata
   * document says something unusable, and `temporarily_unavailable` where the document cannot be fetched and no good copy
   * is kept.
   * @param askedBy the address of whoever asks, where that is known: one network has a share of the fetches.
   */
  find(clientId: string, askedBy?: string): Promise<Client | undefined>;
  /**
   * Whether a client that was approved is one still: those of the options can be taken out, and nobody revokes their
   * grants; and one that was being disabled may have got a grant meanwhile. Asks the store at the most.
   */
  isKnown(clientId: string): Promise<boolean>;
  /** What is known of a client without asking its host, also where it is disabled. Undefined where it is known no more. */
  known(clientId: string): Promise<Client | undefined>;
  /** Whether somebody here let it in: the operator registered it, or a person approved it and it has a grant. */
  isApproved(client: Client): Promise<boolean>;
  /**
   * Keeps a dynamic registration. One that is known already costs no write. Says whether it is new.
   * @param address where it comes from, where that is known: one network has a share of the ceilings.
   * @throws OAuthError `slow_down` where too many new ones came, or too many wait to be approved.
   */
  register(client: Client, address?: string): Promise<boolean>;
  /**
   * Keeps the metadata document of a client that a person approved, so that it outlives the process. Until then
   * it is in memory only: nobody writes to our disk by inventing URLs. Does nothing for other clients.
   */
  keep(clientId: string): Promise<void>;
  /**
   * The public keys of a `private_key_jwt` client, fetched where it registered a `jwks_uri`; fetched again where
   * none of them has this `kid`.
   * @throws OAuthError `invalid_client` or `temporarily_unavailable` where they cannot be had.
   */
  keys(client: Client, kid: string | undefined, askedBy?: string): Promise<PublicKeys>;
  /** Reads this client from the store again the next time. */
  invalidate(clientId: string): void;
  /** The same for all of them: another process changed the store. */
  invalidateAll(): void;
};

export type ClientsParts = RegistrationLimits & {
  /** Those of the options. */
  readonly preregistered: readonly Client[];
  readonly catalogue: ScopeCatalogue;
  /** Where clients that the operator did not register may send people; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  /** The hosts of well-known clients, for whose documents places are kept. */
  readonly trustedRedirects: RedirectList;
  readonly issuer: string;
  /** Whether clients may register themselves. */
  readonly registration: boolean;
  /** Whether a `client_id` may be the URL of a metadata document. */
  readonly clientIdMetadataDocuments: boolean;
  readonly store: Pick<
    Store,
    "addClient" | "findClient" | "findDocument" | "saveDocument" | "listGrants" | "trimUnapprovedClients"
  >;
  readonly disabled: Pick<DisabledClients, "has">;
  /** Whether what other processes changed, a second ago or earlier, has been told; else nothing is found in memory. */
  readonly isUpToDate: () => boolean;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Log;
  /** {@link safeFetch} unless a test brings its own certificates and names. */
  readonly fetchDocument?: FetchDocument;
};

/** Pre-registered clients first, then metadata documents, then the store, whose clients stay in memory a while. */
export function createClients(parts: ClientsParts): Clients {
  const { store, disabled, isUpToDate, clock, fetchDocument = safeFetch, clientIdMetadataDocuments } = parts;
  const preregistered = new Map(parts.preregistered.map((client) => [client.id, client]));
  const documents = createClientIdMetadata({
    ...parts,
    wellKnownHosts: parts.trustedRedirects,
    fetchDocument,
  });
  const ceilings = createRegistrationCeilings(parts);
  const cache = createClientCache(clock, isUpToDate);
  /** Registrations that are being written: the same one again waits for it. */
  const underway = new Map<string, Promise<boolean>>();

  const findStored = async (clientId: string): Promise<Client | undefined> => {
    const remember = cache.beforeReading();
    const client = await store.findClient(clientId);
    if (client) remember(client);
    return client;
  };

  const add = async (client: Client, address: string | undefined): Promise<boolean> => {
    // Known ones never count, whichever instance got to know them.
    if (await findStored(client.id)) return false;
    return ceilings.admit(address, async () => {
      const remember = cache.beforeReading();
      const isNew = await store.addClient(client, "unaudited");
      remember(client);
      return isNew;
    });
  };

  const find = async (clientId: string, askedBy?: string): Promise<Client | undefined> => {
    if (await disabled.has(clientId)) throw disabledClient(clientId);
    const known = preregistered.get(clientId) ?? cache.get(clientId);
    if (known) return known;
    if (isDocumentUrl(clientId)) {
      if (!clientIdMetadataDocuments) throw documentsAreOff(parts.registration);
      return documents.find(clientId, askedBy);
    }
    return clientId.length <= MAXIMUM_ID_LENGTH ? findStored(clientId) : undefined;
  };

  const isApproved: Clients["isApproved"] = async ({ id, origin }) =>
    origin === "preregistered" || (await store.listGrants({ clientId: id, limit: 1 })).length > 0;

  return {
    find,
    async isKnown(clientId) {
      if (await disabled.has(clientId)) return false;
      if (isDocumentUrl(clientId)) return clientIdMetadataDocuments || preregistered.has(clientId);
      // Of the others, removing one revokes its grants.
      return !mayBePreregistered(clientId) || (await find(clientId)) !== undefined;
    },
    async known(clientId) {
      const preregisteredOne = preregistered.get(clientId);
      if (preregisteredOne) return preregisteredOne;
      // A document is not put among the clients in memory: those are asked about without looking whether it is fresh.
      if (isDocumentUrl(clientId)) return store.findClient(clientId);
      return cache.get(clientId) ?? findStored(clientId);
    },
    isApproved,
    async register(client, address) {
      if (cache.get(client.id)) return false;
      const same = underway.get(client.id);
      if (same) {
        await same;
        return false;
      }
      const adding = add(client, address).finally(() => underway.delete(client.id));
      underway.set(client.id, adding);
      return adding;
    },
    async keep(clientId) {
      if (!preregistered.has(clientId) && isDocumentUrl(clientId)) await documents.keep(clientId);
    },
    keys: createClientKeys({ fetchDocument, isApproved, clock }),
    invalidate(clientId) {
      cache.forget(clientId);
      documents.invalidate(clientId);
    },
    invalidateAll() {
      cache.forgetAll();
      documents.invalidateAll();
    },
  };
}

const MAXIMUM_ID_LENGTH = 512;

function documentsAreOff(registration: boolean): OAuthError {
  return new OAuthError(
    "invalid_client",
    "This server does not use client ID metadata documents. " +
      (registration ? "Register the client instead." : "Ask its operator to add the client."),
  );
}
