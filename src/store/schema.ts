import type { Generated } from "kysely";
import type { RevocationReason } from "../core/grant.ts";

/**
 * The tables, as the migrations make them. Times are epoch milliseconds in `bigint` columns; lists of tokens that hold
 * no space (scopes, grant types) are space-separated, as on the wire; everything else with a shape is JSON text.
 *
 * `due_at` is when the janitor looks at a row, and not when the row ends: it looks once and then puts the date off. So
 * a refresh moves no index, and one index serves every way in which a row ends.
 */
export type Schema = {
  clients: ClientTable;
  disabled_clients: DisabledClientTable;
  grants: GrantTable;
  people: PersonTable;
  identities: IdentityTable;
  credentials: CredentialTable;
  one_time_links: OneTimeLinkTable;
  sessions: SessionTable;
  upstream_credentials: UpstreamCredentialTable;
  signing_keys: SigningKeyTable;
  assertions: AssertionTable;
  familiar_networks: FamiliarNetworkTable;
  audit: AuditTable;
  changes: ChangeTable;
  gatehouse_migrations: MigrationTable;
};

export type ClientTable = {
  id: string;
  origin: string;
  name: string | null;
  redirect_uris: string;
  authentication_method: string;
  secret_hash: string | null;
  jwks: string | null;
  jwks_uri: string | null;
  grant_types: string;
  scopes: string;
  client_uri: string | null;
  logo_uri: string | null;
  application_type: string;
  created_at: number;
  /** When the metadata document was fetched, and until when it is fresh; null for clients that have none. */
  fetched_at: number | null;
  fresh_until: number | null;
  /** Null for clients that stay until somebody removes them. */
  due_at: number | null;
  /** Since when it waits for its first grant; null where it has had one, or came otherwise than by registering itself. */
  unapproved_since: number | null;
  /** 1 where approvals of it are remembered, else 0. */
  remembers_consent: number;
};

/** Ids that the operator has disabled, whatever way their clients come. */
export type DisabledClientTable = { id: string; disabled_at: number };

export type GrantTable = {
  id: string;
  client_id: string;
  client_name: string | null;
  person_id: string;
  /** The whole person, JSON. */
  person: string;
  /** What the person chose for it, JSON; null where there was nothing to choose. */
  organization: string | null;
  resource: string;
  scopes: string;
  redirect_uri: string;
  code_challenge: string;
  code_expires_at: number;
  redeemed_at: number | null;
  generation: number;
  rotated_at: number | null;
  unused_generation: number | null;
  used_at: number | null;
  refresh_expires_at: number;
  ends_at: number;
  created_at: number;
  revoked_at: number | null;
  revoked_reason: RevocationReason | null;
  due_at: number;
  /** What the client was when the person clicked Approve, as a hash; null where no one clicked. */
  approved_as: string | null;
  /** When its client was last refused, and why; null where it never was. */
  refused_at: number | null;
  refusal: string | null;
};

export type PersonTable = {
  id: string;
  /** The whole person that tools get, JSON. */
  profile: string;
  /** Verified addresses, a JSON array. */
  emails: string;
  /** A JSON array. */
  groups: string;
  /** The id, the name and the addresses in lower case, one a line: what a search looks in. */
  found_by: string;
  disabled_at: number | null;
  signed_out_at: number | null;
  created_at: number;
  /** Null for one who has never signed in. */
  signed_in_at: number | null;
  /** 1 where the operator says who they are, and no sign-in changes it, else 0. */
  said_by_operator: number;
};

/** Whom each identity proves. A row of `people` that none proves is that of an id: the first identity that says it takes it. */
export type IdentityTable = {
  method: string;
  /** "" where the subject is our own. */
  issuer: string;
  subject: string;
  person_id: string;
  label: string;
  created_at: number;
  used_at: number | null;
};

export type CredentialTable = {
  person_id: string;
  kind: string;
  /** "" where a person has only one of the kind. */
  id: string;
  /** A hash, a sealed secret, or what is public of a passkey. */
  secret: string;
  /** The beginning of the secret that says how it was made: all different ones are found without reading each row. */
  scheme: string;
  /** Of a passkey how often it has signed, of one-time codes the step of the last one; null where nothing counts. */
  counter: number | null;
  created_at: number;
  used_at: number | null;
};

export type OneTimeLinkTable = {
  /** Of the secret in the link. */
  hash: string;
  purpose: string;
  /** Null for an invitation whose person chooses the username, and for a mail that signs a person in. */
  person_id: string | null;
  created_at: number;
  expires_at: number;
  /** Of a mail with a code: the code's MAC, how often one was tried, and what it is about, sealed. Null for others. */
  code_mac: string | null;
  tries: number | null;
  sealed: string | null;
};

export type SessionTable = {
  /** Of the secret in the cookie. */
  hash: string;
  person_id: string;
  method: string;
  address: string | null;
  user_agent: string | null;
  authenticated_at: number;
  created_at: number;
  used_at: number;
  /** Put off while it is used, but never past `ends_at`: so this alone says whether it has ended. */
  expires_at: number;
  ends_at: number;
  /** The provider through which the person signed in, and what it calls the session. */
  upstream_issuer: string | null;
  upstream_session: string | null;
  /** The name of the second factor that was passed with the sign-in; null where there was none. */
  second_factor: string | null;
};

/** What a person has at another service. */
export type UpstreamCredentialTable = {
  person_id: string;
  /** The name of the service, as the operator's options have it. */
  upstream: string;
  kind: string;
  /** Tokens or a key, sealed; "" where it is dead. */
  sealed: string;
  /** Those that the service granted. */
  scopes: string;
  /** How the person is called there; "" where that is not known. */
  account: string;
  /** Random, and another one each time that what is sealed changes: of two who read the same, one writes. */
  version: string;
  /** Until when someone refreshes it; null while no one does. */
  refreshing_until: number | null;
  /** When it was connected: grows where it takes the place of another. */
  created_at: number;
  used_at: number | null;
  /** When the access token ends; null where that is not said, and for a key. */
  expires_at: number | null;
  /** Since when the service does not take it any more; null while it may. */
  dead_at: number | null;
};

export type SigningKeyTable = {
  kid: string;
  /** 1, 2, 3 … and unique: two processes that add the first key both want to be 1. */
  ordinal: number;
  algorithm: string;
  public_jwk: string;
  sealed_private_jwk: string;
  created_at: number;
  signs_from: number;
  signs_until: number | null;
  published_until: number | null;
};

export type AssertionTable = { client_id: string; jti: string; expires_at: number };

/** Networks from which a username has signed in. The first three columns are MACs, so a row does not reveal whose it is. */
export type FamiliarNetworkTable = { name: string; network: string; person: string; ends_at: number };

export type AuditTable = {
  /** The database's own numbers: the clocks of several machines would not agree on the order. */
  id: Generated<number>;
  at: number;
  event: string;
  outcome: string;
  operator: string | null;
  person_id: string | null;
  client_id: string | null;
  grant_id: string | null;
  address: string | null;
  correlation_id: string | null;
  reason: string | null;
  /** What only this event has, as a JSON object; null where it has nothing more. */
  details: string | null;
};

/** What the database announces to every process, written by triggers. */
export type ChangeTable = {
  /** In the order in which the commits can be seen. */
  id: Generated<number>;
  kind: string;
  /** The id of the grant, the client, the person or the key. */
  subject: string;
  /** By the database's clock. */
  made_at: number;
};

/** The migrations that this database has had, each with the one that code must know to work with it. */
export type MigrationTable = { name: string; needs: string };
