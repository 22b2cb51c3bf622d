import type { Schema } from "../schema.ts";

/** Tables that a database has for itself: what was done to it, and what the servers that run on it tell one another. */
export const OWN_TABLES = ["gatehouse_migrations", "changes", "counters"] as const;

export type MovedTable = Exclude<keyof Schema, (typeof OWN_TABLES)[number]>;

/**
 * The tables that move with the data, and what is to be known of each. The signing keys come first: they say whose data it
 * is. A table that a migration adds gets a line here, or in {@link OWN_TABLES}.
 */
const MOVED: Readonly<Record<MovedTable, Omit<Table, "name">>> = {
  signing_keys: { key: ["kid"] },
  clients: { key: ["id"] },
  disabled_clients: { key: ["id"] },
  grants: { key: ["id"] },
  people: { key: ["id"] },
  identities: { key: ["method", "issuer", "subject"] },
  credentials: { key: ["person_id", "kind", "id"] },
  one_time_links: { key: ["hash"] },
  sessions: { key: ["hash"] },
  upstream_credentials: { key: ["person_id", "upstream"] },
  assertions: { key: ["client_id", "jti"] },
  familiar_networks: { key: ["name", "network"] },
  audit: { key: ["id"], isNumbered: true },
};

export type Table = {
  readonly name: MovedTable;
  /** The columns of its primary key. */
  readonly key: readonly string[];
  /** Whether the database makes its key, by counting. */
  readonly isNumbered?: true;
};

export const TABLES: readonly Table[] = Object.entries(MOVED).map(([name, table]) => ({
  name: name as MovedTable,
  ...table,
}));
