import type { Client } from "../core/client.ts";

/** Every client that we know or can get to know, whatever way it comes. */
export type Clients = {
  /**
   * Undefined where there is no such client.
   * @throws OAuthError `invalid_client` where its metadata document says something unusable, and
   * `temporarily_unavailable` where the document cannot be fetched and no good copy is kept.
   */
  find(clientId: string): Promise<Client | undefined>;
};
