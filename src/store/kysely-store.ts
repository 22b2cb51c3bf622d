import type { Counters } from "./counters.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Dialect } from "./migrations/migration.ts";
import { type Connection, prepare, type QueryBuilder } from "./query.ts";
import type { Store } from "./store.ts";
import { assertionVerbs } from "./verbs/assertions.ts";
import { auditVerbs } from "./verbs/audit.ts";
import { clientVerbs } from "./verbs/clients.ts";
import { disabledClientVerbs } from "./verbs/disabled-clients.ts";
import { expiryVerbs } from "./verbs/expiry.ts";
import { familiarNetworkVerbs } from "./verbs/familiar-networks.ts";
import { grantPageVerbs } from "./verbs/grant-pages.ts";
import { grantUseVerbs } from "./verbs/grant-uses.ts";
import { grantVerbs } from "./verbs/grants.ts";
import { signingKeyVerbs } from "./verbs/signing-keys.ts";
import { type TodoStore, todoStore } from "./verbs/todos.ts";
import { unapprovedClientVerbs } from "./verbs/unapproved-clients.ts";

/** The store, and beside it what strangers do, counted, and what the demonstration keeps in the same database. */
export type StoreWithTodos = Store & { readonly counters: Counters; readonly todos: TodoStore };

/** The verbs that are the same on every database of ours. */
export type SharedVerbs = Omit<
  StoreWithTodos,
  "clock" | "counters" | "followChanges" | "probeWrites" | "close"
>;

/** Makes the verbs for one database: its dialect of SQL, and the connection that runs it. */
export function kyselyStore(db: QueryBuilder, connection: Connection, dialect: Dialect): SharedVerbs {
  const ping = prepare(
    () => db.selectNoFrom((eb) => eb.lit(1).as("answer")),
    () => undefined,
  );
  const migrations = prepare(
    () => db.selectFrom("gatehouse_migrations").select("name"),
    (row) => row.name,
  );
  return {
    ...clientVerbs(db, connection),
    ...disabledClientVerbs(db, connection),
    ...unapprovedClientVerbs(db, connection),
    ...grantVerbs(db, connection),
    ...grantPageVerbs(db, connection),
    ...grantUseVerbs(connection, dialect),
    ...signingKeyVerbs(db, connection),
    ...assertionVerbs(db, connection),
    ...familiarNetworkVerbs(db, connection),
    ...auditVerbs(db, connection),
    ...expiryVerbs(db, connection),
    todos: todoStore(db, connection),
    async ping() {
      await connection.read(ping({}));
    },
    async pendingMigrations() {
      const done = await connection.read(migrations({}));
      return MIGRATIONS.map(({ name }) => name).filter((name) => !done.includes(name));
    },
  };
}
