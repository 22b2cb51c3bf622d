import type { Client } from "../core/client.ts";

/** Every client that we know or can get to know, whatever way it comes. */
export type Clients = {
  /**
   * Undefined where there is no such client.
   * @throws OAuthError `invalid_client` where its metadata document says something unusable, and
   * `temporarily_unavailable` where the document cannot be fetched and no good copy is kept.
   */
  find(clientId: string): Promise<Client | undefined>;
  /**
   * Keeps a dynamic registration. One that is known already costs no write. Says whether it is new.
   * @throws OAuthError `slow_down` where too many new ones came at once.
   */
  register(client: Client): Promise<boolean>;
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
  keys(client: Client, kid: string | undefined): Promise<NonNullable<Client["jwks"]>>;
  /** Reads this client from the store again the next time. */
  forget(clientId: string): void;
  /** The same for all of them: another process changed the store. */
  forgetAll(): void;
};
