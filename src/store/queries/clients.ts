import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import { fromClient, toClient, toDocument } from "../rows.ts";
import type { ClientTable } from "../schema.ts";
import type { Store } from "../store.ts";
import { auditNote } from "./audit.ts";
import { IDLE_DOCUMENT_MS, IDLE_REGISTRATION_MS } from "./expiry.ts";
import { manyGrants } from "./many-grants.ts";

type ClientQueries = Pick<
  Store,
  "addClient" | "findClient" | "listClients" | "removeClient" | "findDocument" | "saveDocument"
>;

/** Clients, whatever way they came: one that has a metadata document is a row like the others. */
export function clientQueries(db: QueryBuilder, connection: Connection): ClientQueries {
  const note = auditNote(db);
  const grants = manyGrants(db, connection, "client_id");

  const add = prepare(
    (given: Given<ClientTable>) =>
      insertClient(db, given)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id"),
    (row) => row.id,
  );

  const saveDocument = saveClientDocument(db);

  const find = prepare(
    (given: Given<{ id: string }>) => db.selectFrom("clients").selectAll().where("id", "=", given("id")),
    toClient,
  );

  const findDocument = findClientDocument(db);
  const list = listNewestFirst(db);

  const remove = prepare(
    (given: Given<{ id: string }>) => db.deleteFrom("clients").where("id", "=", given("id")).returning("id"),
    (row) => row.id,
  );

  return {
    async addClient(client, entry) {
      const isReaped = client.origin === "registered";
      const row = {
        ...fromClient(client),
        fetched_at: null,
        fresh_until: null,
        due_at: isReaped ? client.createdAt + IDLE_REGISTRATION_MS : null,
        unapproved_since: isReaped ? client.createdAt : null,
      };
      return (await connection.write(add(row), entry === "unaudited" ? undefined : note(entry))).length > 0;
    },
    async findClient(id) {
      return (await connection.read(find({ id })))[0];
    },
    listClients: () => connection.read(list({})),
    async removeClient(id, now, entry) {
      // What is not there cannot be removed, and then nothing else may change.
      if ((await connection.read(find({ id }))).length === 0) return false;
      const revocation = { id, now, reason: "client_removed" } as const;
      await grants.revokeMost(revocation, entry);
      const [, removed] = await connection.writeTogether(
        [grants.revokeRest(revocation), remove({ id })],
        note(entry),
      );
      return removed.length > 0;
    },
    async findDocument(clientId) {
      return (await connection.read(findDocument({ id: clientId })))[0];
    },
    async saveDocument({ clientId, client, fetchedAt, freshUntil }) {
      await connection.write(
        saveDocument({
          ...fromClient(client),
          id: clientId,
          origin: "metadata_document",
          fetched_at: fetchedAt,
          fresh_until: freshUntil,
          due_at: fetchedAt + IDLE_DOCUMENT_MS,
          unapproved_since: null,
        }),
      );
    },
  };
}

function insertClient(db: QueryBuilder, given: Given<ClientTable>) {
  return db.insertInto("clients").values(columns(given));
}

function saveClientDocument(db: QueryBuilder) {
  return prepare(
    (given: Given<ClientTable>) =>
      insertClient(db, given).onConflict((conflict) => {
        const { id, origin, created_at, ...changing } = columns(given);
        // Only over an earlier document: a client that the operator made under this id is the operator's.
        return conflict.column("id").doUpdateSet(changing).where("clients.origin", "=", "metadata_document");
      }),
    () => undefined,
  );
}

function findClientDocument(db: QueryBuilder) {
  return prepare(
    (given: Given<{ id: string }>) =>
      db
        .selectFrom("clients")
        .selectAll()
        .where("id", "=", given("id"))
        .where("origin", "=", "metadata_document"),
    toDocument,
  );
}

function listNewestFirst(db: QueryBuilder) {
  return prepare(
    () =>
      db
        .selectFrom("clients")
        .selectAll()
        .select((eb) =>
          eb
            .selectFrom("grants")
            .select((count) => count.fn.countAll<number>().as("count"))
            .whereRef("grants.client_id", "=", "clients.id")
            .where("grants.revoked_at", "is", null)
            .as("live_grants"),
        )
        .orderBy("created_at", "desc")
        .orderBy("id"),
    (row) => ({ ...toClient(row), liveGrants: Number(row.live_grants) }),
  );
}

function columns(given: Given<ClientTable>) {
  return {
    id: given("id"),
    origin: given("origin"),
    name: given("name"),
    redirect_uris: given("redirect_uris"),
    authentication_method: given("authentication_method"),
    secret_hash: given("secret_hash"),
    jwks: given("jwks"),
    jwks_uri: given("jwks_uri"),
    grant_types: given("grant_types"),
    scopes: given("scopes"),
    client_uri: given("client_uri"),
    logo_uri: given("logo_uri"),
    application_type: given("application_type"),
    created_at: given("created_at"),
    fetched_at: given("fetched_at"),
    fresh_until: given("fresh_until"),
    due_at: given("due_at"),
    unapproved_since: given("unapproved_since"),
    remembers_consent: given("remembers_consent"),
  };
}
