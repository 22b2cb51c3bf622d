import { MIGRATIONS } from "./migrations/index.ts";
import type { Dialect } from "./migrations/migration.ts";
import { assertionQueries } from "./queries/assertions.ts";
import { auditQueries } from "./queries/audit.ts";
import { changedPeopleQueries } from "./queries/changed-people.ts";
import { clientQueries } from "./queries/clients.ts";
import { credentialSetQueries } from "./queries/credential-sets.ts";
import { credentialQueries } from "./queries/credentials.ts";
import { disabledClientQueries } from "./queries/disabled-clients.ts";
import { endedPeopleQueries } from "./queries/ended-people.ts";
import { expiryQueries } from "./queries/expiry.ts";
import { familiarNetworkQueries } from "./queries/familiar-networks.ts";
import { grantEndQueries } from "./queries/grant-ends.ts";
import { grantListQueries } from "./queries/grant-lists.ts";
import { grantPageQueries } from "./queries/grant-pages.ts";
import { grantRefusalQueries } from "./queries/grant-refusals.ts";
import { grantUseQueries } from "./queries/grant-uses.ts";
import { grantQueries } from "./queries/grants.ts";
import { identityQueries } from "./queries/identities.ts";
import { linkedPeopleQueries } from "./queries/linked-people.ts";
import { mailedLinkQueries } from "./queries/mailed-links.ts";
import { newPeopleQueries } from "./queries/new-people.ts";
import { oneTimeLinkQueries } from "./queries/one-time-links.ts";
import { peopleQueries } from "./queries/people.ts";
import { personGrantQueries } from "./queries/person-grants.ts";
import { sessionQueries } from "./queries/sessions.ts";
import { signInQueries } from "./queries/sign-in.ts";
import { signingKeyQueries } from "./queries/signing-keys.ts";
import { unapprovedClientQueries } from "./queries/unapproved-clients.ts";
import { upstreamQueries } from "./queries/upstreams.ts";
import { type Connection, prepare, type QueryBuilder } from "./query.ts";
import type { Store } from "./store.ts";

/** What is the same on every database of ours. */
export type SharedQueries = Omit<Store, "probeWrites">;

/** Makes the verbs for one database: its dialect of SQL, and the connection that runs it. */
export function kyselyStore(db: QueryBuilder, connection: Connection, dialect: Dialect): SharedQueries {
  const ping = prepare(
    () => db.selectNoFrom((eb) => eb.lit(1).as("answer")),
    () => undefined,
  );
  const migrations = prepare(
    () => db.selectFrom("gatehouse_migrations").select("name"),
    (row) => row.name,
  );
  return {
    ...clientQueries(db, connection),
    ...disabledClientQueries(db, connection),
    ...unapprovedClientQueries(db, connection),
    ...grantQueries(db, connection, dialect),
    ...grantListQueries(db, connection),
    ...grantEndQueries(db, connection),
    ...grantPageQueries(db, connection),
    ...grantRefusalQueries(db, connection),
    ...grantUseQueries(connection, dialect),
    ...peopleQueries(db, connection),
    ...signInQueries(db, connection, dialect),
    ...newPeopleQueries(db, connection, dialect),
    ...changedPeopleQueries(db, connection, dialect),
    ...endedPeopleQueries(db, connection),
    ...linkedPeopleQueries(db, connection, dialect),
    ...personGrantQueries(db, connection),
    ...identityQueries(db, connection, dialect),
    ...credentialQueries(db, connection, dialect),
    ...credentialSetQueries(db, connection, dialect),
    ...oneTimeLinkQueries(db, connection, dialect),
    ...mailedLinkQueries(db, connection, dialect),
    ...sessionQueries(db, connection),
    ...upstreamQueries(db, connection, dialect),
    ...signingKeyQueries(db, connection),
    ...assertionQueries(db, connection),
    ...familiarNetworkQueries(db, connection),
    ...auditQueries(db, connection),
    ...expiryQueries(db, connection),
    async ping() {
      await connection.read(ping({}));
    },
    async pendingMigrations() {
      const done = await connection.read(migrations({}));
      return MIGRATIONS.map(({ name }) => name).filter((name) => !done.includes(name));
    },
  };
}
